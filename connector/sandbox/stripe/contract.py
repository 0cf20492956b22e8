"""Stripe's contract, read from the pinned SDK: every endpoint, and the parameters each one takes.

stripe-python is generated from Stripe's API description: `stripe/_*_service.py` name the method and path of
every endpoint, the TypedDicts in `stripe/params/` name and type their parameters, at exactly the API version
of the SDK. A walk over both checks a form-encoded request.

The SDK writes enumerations as `Literal[...] | str`, so that an old SDK can read new values; Stripe itself
refuses values it does not know, and so does this checker. An empty value unsets a parameter, which the types
allow with `Literal['']`.
"""

import importlib
import re
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin

import stripe
from stripe import RequestOptions
from typing_extensions import get_type_hints, is_typeddict

from connector.sandbox.stripe.form import FormError, Tree, decode

Params = dict[str, Any]
Fields = Iterable[tuple[str, str]]

_CALL = re.compile(
    r"    def \w+\(\s*self,(?P<signature>[^)]*)\) -> (?:(?!    def ).)*?"
    r'self\._request\(\s*"(?P<method>\w+)",\s*"(?P<path>/v1/[^"]*)"',
    re.DOTALL,
)
_PARAMS = re.compile(r'params:\s*(?:Optional\[\s*)?"(\w+)"')
_IMPORT = re.compile(r"from (stripe\.params[\w.]*) import \(?\s*(\w+)")
_INTEGER = re.compile(r"-?\d{1,19}")
_OPTIONS = frozenset(RequestOptions.__annotations__)
_LONGEST_STRING = 5000


class Problem(NamedTuple):
    """One reason to refuse a request, with Stripe's error code and the parameter it is about."""

    code: str | None
    param: str | None
    message: str


@dataclass(frozen=True)
class Endpoint:
    """One endpoint of the API, such as POST `/v1/invoices/{invoice}/finalize`."""

    method: str
    template: str
    params_module: str | None = None
    params_class: str | None = None

    def params(self) -> "dict[str, Parameter]":
        """The parameters by name; none for an endpoint that takes none."""
        if self.params_module is None or self.params_class is None:
            return {}
        return _parameters(getattr(importlib.import_module(self.params_module), self.params_class))


class Parameter(NamedTuple):
    """A parameter's type, and whether it must be given."""

    type: Any
    required: bool


@dataclass
class Reading:
    """A request held against the contract."""

    endpoint: Endpoint | None
    arguments: dict[str, str] = field(default_factory=dict)
    """The identifiers in the path, by their name in the template."""
    params: Params = field(default_factory=dict)
    """The parameters with their types: integers, booleans, lists. Empty when there are problems."""
    problems: list[Problem] = field(default_factory=list)


def check(method: str, path: str, form_fields: Fields) -> list[str]:
    """Why Stripe would refuse the request; nothing when it fits the contract."""
    return [problem.message for problem in read(method, path, form_fields).problems]


def read(method: str, path: str, form_fields: Fields) -> Reading:
    """Finds the endpoint and reads the fields of a query or a form by its types."""
    endpoint, arguments = find(method, path)
    if endpoint is None:
        return Reading(None, problems=[_unrecognized(method, path)])
    try:
        tree = decode(form_fields)
    except FormError as error:
        return Reading(endpoint, arguments, problems=[Problem(None, None, str(error))])
    reader = _Reader()
    params = reader.record(endpoint.params(), tree, "")
    if reader.problems:
        return Reading(endpoint, arguments, problems=reader.problems)
    return Reading(endpoint, arguments, params)


def find(method: str, path: str) -> tuple[Endpoint | None, dict[str, str]]:
    """The endpoint of a path and the identifiers in it."""
    node, values = _tree(), []
    for part in path.split("/"):
        if part in node:
            node = node[part]
        elif "{}" in node and part:
            node = node["{}"]
            values.append(part)
        else:
            return None, {}
    endpoint: Endpoint | None = node.get(f" {method.upper()}")
    if endpoint is None:
        return None, {}
    return endpoint, dict(zip(re.findall(r"{(\w+)}", endpoint.template), values, strict=True))


def _unrecognized(method: str, path: str) -> Problem:
    return Problem(
        None,
        None,
        f"Unrecognized request URL ({method.upper()}: {path}). If you are trying to list objects, remove the "
        "trailing slash. If you are trying to retrieve an object, make sure you passed a valid (non-empty) "
        "identifier in your code.",
    )


@cache
def endpoints() -> tuple[Endpoint, ...]:
    """Every v1 endpoint of the SDK."""
    found: list[Endpoint] = []
    for source in sorted(Path(stripe.__file__).parent.rglob("_*_service.py")):
        text = source.read_text()
        modules = {name: module for module, name in _IMPORT.findall(text)}
        for call in _CALL.finditer(text):
            params = _PARAMS.search(call["signature"])
            name = params[1] if params else None
            found.append(Endpoint(call["method"].upper(), call["path"], modules.get(name or ""), name))
    return tuple(found)


@cache
def _tree() -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for endpoint in endpoints():
        node = tree
        for part in endpoint.template.split("/"):
            node = node.setdefault("{}" if part.startswith("{") else part, {})
        node[f" {endpoint.method}"] = endpoint
    return tree


@cache
def _parameters(record: Any) -> dict[str, Parameter]:
    # every params class inherits the request options, whose names its own module does not import
    hints = get_type_hints(record, localns={"Mapping": Mapping, "StripeContext": str})
    return {
        name: Parameter(kind, name in record.__required_keys__)
        for name, kind in hints.items()
        if name not in _OPTIONS
    }


@dataclass
class _Shape:
    """What a type allows: scalars, a list, a record, a free mapping; a union allows several."""

    scalars: set[Any] = field(default_factory=set)
    choices: set[str] = field(default_factory=set)
    items: Any = None
    records: list[Any] = field(default_factory=list)
    values: Any = None

    def add(self, kind: Any) -> None:
        origin, args = get_origin(kind), get_args(kind)
        if origin in (Union, types.UnionType):
            for arg in args:
                self.add(arg)
        elif origin is Literal:
            self.choices.update(args)
        elif origin is list:
            self.items = args[0]
        elif is_typeddict(kind):
            self.records.append(kind)
        elif origin is not None:
            self.values = args[-1]
        elif kind is not type(None):
            self.scalars.add(kind)

    @property
    def closed(self) -> bool:
        """An enumeration; an empty string beside a free one only says that it may be unset."""
        return bool(self.choices - {""})

    def parameters(self) -> dict[str, Parameter]:
        """Those of the record; of several records, all, and required is what each of them requires."""
        every = [_parameters(record) for record in self.records]
        names = {name: each[name].type for each in every for name in each}
        return {
            name: Parameter(kind, all(name in each and each[name].required for each in every))
            for name, kind in names.items()
        }


@cache
def _shape(kind: Any) -> _Shape:
    shape = _Shape()
    shape.add(kind)
    return shape


class _Reader:
    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def record(self, parameters: dict[str, Parameter], tree: Tree, name: str) -> Params:
        unknown = [_child(name, key) for key in tree if key not in parameters]
        if unknown:
            self._refuse("parameter_unknown", unknown[0], _unknown(unknown))
        for key, parameter in parameters.items():
            if parameter.required and key not in tree:
                child = _child(name, key)
                self._refuse("parameter_missing", child, f"Missing required param: {child}.")
        return {
            key: self.value(parameters[key].type, raw, _child(name, key))
            for key, raw in tree.items()
            if key in parameters
        }

    def value(self, kind: Any, raw: str | Tree, name: str) -> Any:
        shape = _shape(kind)
        if isinstance(raw, str):
            return self._scalar(shape, raw, name)
        if _leaf(name) == "metadata" and shape.values is not None:
            return self._metadata(raw, name)
        if shape.items is not None and _is_list(raw):
            ordered = sorted(raw.items(), key=lambda pair: int(pair[0]))
            return [self.value(shape.items, each, f"{name}[{index}]") for index, each in ordered]
        if shape.records:
            return self.record(shape.parameters(), raw, name)
        if shape.values is not None:
            return {key: self.value(shape.values, each, f"{name}[{key}]") for key, each in raw.items()}
        expected = "array" if shape.items is not None else "string"
        return self._refuse(None, name, f"Invalid {expected}: {name} must not be a hash")

    def _scalar(self, shape: _Shape, raw: str, name: str) -> Any:
        if raw in shape.choices:
            return raw
        if raw == "":
            return self._refuse("parameter_invalid_empty", name, _empty(name))
        if shape.closed and int not in shape.scalars:
            return self._choice(shape, raw, name)
        for kind in (int, bool, float, Decimal):
            if kind in shape.scalars:
                return self._number(kind, raw, name)
        if not shape.scalars:
            return self._refuse(None, name, f"Invalid {'array' if shape.items else 'object'}: {name}")
        return self._limit_string(raw, name)

    def _choice(self, shape: _Shape, raw: str, name: str) -> Any:
        choices = sorted(choice for choice in shape.choices if choice)
        listed = " or ".join(filter(None, [", ".join(choices[:-1]), choices[-1]]))
        return self._refuse(None, name, f"Invalid {name}: {raw!r} must be one of {listed}")

    def _number(self, kind: type, raw: str, name: str) -> Any:
        if kind is bool:
            if raw in ("true", "false"):
                return raw == "true"
            return self._refuse(None, name, f"Invalid boolean: {raw}")
        if kind is int:
            return self._integer(raw, name)
        try:
            return Decimal(raw)
        except InvalidOperation:
            return self._refuse("parameter_invalid_string", name, f"Invalid decimal: {raw}")

    def _integer(self, raw: str, name: str) -> Any:
        if not _INTEGER.fullmatch(raw):
            return self._refuse("parameter_invalid_integer", name, f"Invalid integer: {raw}")
        value = int(raw)
        if name == "limit" and not 1 <= value <= 100:
            return self._refuse("parameter_invalid_integer", name, "This value must be between 1 and 100.")
        return value

    def _limit_string(self, raw: str, name: str) -> Any:
        if len(raw) > _LONGEST_STRING:
            message = f"Invalid string: {raw[:20]}...; must be at most {_LONGEST_STRING} characters"
            return self._refuse("parameter_invalid_string", name, message)
        return raw

    def _metadata(self, raw: Tree, name: str) -> Any:
        """At most 50 keys of 40 characters without brackets, values of 500 (docs.stripe.com/metadata)."""
        if len(raw) > 50:
            return self._refuse(None, name, "Metadata can have up to 50 keys.")
        for key, value in raw.items():
            child = f"{name}[{key}]"
            if len(key) > 40:
                self._refuse(None, child, "Metadata keys can have up to 40 characters.")
            if not isinstance(value, str):
                self._refuse(None, child, f"Invalid string: {child} must not be a hash")
            elif len(value) > 500:
                self._refuse(None, child, _long_metadata(value))
        return raw

    def _refuse(self, code: str | None, param: str, message: str) -> None:
        self.problems.append(Problem(code, param, message))


def _child(name: str, key: str) -> str:
    return f"{name}[{key}]" if name else key


def _leaf(name: str) -> str:
    return name.rpartition("[")[2].rstrip("]")


def _is_list(raw: Tree) -> bool:
    return all(key.isdecimal() for key in raw)


def _unknown(names: list[str]) -> str:
    plural = "s" if len(names) > 1 else ""
    return f"Received unknown parameter{plural}: {', '.join(names)}"


def _empty(name: str) -> str:
    return (
        f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a "
        "parameter; "
        f"however '{name}' cannot be unset. You should remove '{name}' from your request or supply a "
        "non-empty value."
    )


def _long_metadata(value: str) -> str:
    return (
        "Metadata values can have up to 500 characters, but you passed in a value that is "
        f"{len(value)} characters."
    )
