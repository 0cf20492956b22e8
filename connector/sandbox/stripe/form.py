"""Stripe's form encoding: `lines[0][metadata][k]=v` is a list of objects, `types[]=a` appends to a list.

How stripe-python 16.1.0 writes it: `_encode.py`, `_api_encode`.
"""

import re
from collections.abc import Iterable

Tree = dict[str, "str | Tree"]

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")


class FormError(ValueError):
    """The keys of a form contradict each other or are not of the form `a[b][0]`."""


def decode(fields: Iterable[tuple[str, str]]) -> Tree:
    """The fields as nested dictionaries; a list is a dictionary with the keys "0", "1", and so on."""
    tree: Tree = {}
    for key, value in fields:
        *branches, leaf = _path(key)
        node = tree
        for branch in branches:
            node = _descend(node, branch, key)
        if leaf in node:
            raise FormError(f"Invalid request: {key} is given twice")
        node[leaf or str(len(node))] = value
    return tree


def _path(key: str) -> list[str]:
    match = _KEY.fullmatch(key)
    if match is None:
        raise FormError(f"Invalid request: cannot read the parameter {key}")
    return [match[1], *_PART.findall(match[2])]


def _descend(node: Tree, branch: str, key: str) -> Tree:
    # `a[][b]=1&a[][c]=2` starts one element and goes on with it, as Rack and so Stripe reads it
    child = node.setdefault(branch or "0", {})
    if isinstance(child, str):
        raise FormError(f"Invalid request: {key} is both a value and a hash")
    return child
