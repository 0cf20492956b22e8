"""The tenant's TOML file: read, checked key by key, and turned into its description.

Every complaint names the key as the file spells it, e.g. `deltek.companies."00".currency`.
"""

import ipaddress
import json
import re
import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

import pycountry
from marshmallow import Schema, ValidationError, fields, validate, validates, validates_schema

from connector.errors import UsageError
from connector.stripe_api.payment_method_types import PAYMENT_METHODS
from connector.tenants.description import (
    CompanyDescription,
    DeltekDescription,
    StripeDescription,
    SyncDescription,
    TenantDescription,
    WriteBackDescription,
)

DURATION = re.compile(r"(\d+)([smhd])")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
MISSING: dict[str, Any] = {"required": "is missing"}
NOT_EMPTY = validate.Length(min=1, error="must not be empty")
# Custom columns of hubs and Info Centers begin with Cust (GO scjalliance/vantagepoint udic.go).
CUSTOM_COLUMN = validate.Regexp(r"Cust\w+\Z", error="must be a custom column such as CustStripeStatus")
WRITTEN_BACK = ("company", "project", "invoice", "status", "paid", "last_payment", "pay_link")
# marshmallow's own messages (4.x fields.py, schema.py) in the words of this file.
WORDS = {
    "Unknown field.": "is not a key of this file",
    "Invalid input type.": "must be a table",
    "Not a valid mapping type.": "must be a table",
    "Not a valid list.": 'must be a list such as ["a", "b"]',
}


class PlainString(fields.String):
    """Text as TOML has it; a number where text is meant is refused, not turned."""

    def __init__(self, **options: Any) -> None:
        super().__init__(error_messages={**MISSING, "invalid": "must be text in quotes"}, **options)


class PlainBoolean(fields.Boolean):
    """true or false; not "yes", not 1."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("must be true or false")
        return value


class PlainInteger(fields.Integer):
    def __init__(self, **options: Any) -> None:
        super().__init__(
            strict=True, error_messages={**MISSING, "invalid": "must be a whole number"}, **options
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, bool | str):
            raise ValidationError("must be a whole number")
        return super()._deserialize(value, attr, data, **kwargs)


class PlainDate(fields.Field[date]):
    """A TOML date (2026-01-01) or the same in quotes."""

    default_error_messages = MISSING

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        if type(value) is date:
            return value
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            raise ValidationError("must be a date such as 2026-01-01") from None

    def _serialize(self, value: date | None, attr: str | None, obj: Any, **kwargs: Any) -> str:
        return str(value)


class CompanySchema(Schema):
    currency = PlainString(required=True)
    bank_code = PlainString(required=True, validate=NOT_EMPTY)
    ar_account = PlainString(required=True, validate=NOT_EMPTY)
    receipts = PlainString(
        required=True, validate=validate.OneOf(["files", "single"], error='must be "files" or "single"')
    )
    post = PlainBoolean(required=True, error_messages=MISSING)
    fee_account = PlainString(validate=NOT_EMPTY)
    fee_project = PlainString(validate=NOT_EMPTY)
    overpayment_account = PlainString(validate=NOT_EMPTY)

    @validates_schema
    def _fees_have_a_place(self, data: dict[str, Any], **_: Any) -> None:
        for name, other in (("fee_account", "fee_project"), ("fee_project", "fee_account")):
            if other in data and name not in data:
                raise ValidationError(f"is missing beside {other}", name)

    @validates("currency")
    def _currency_exists(self, value: str, **_: Any) -> None:
        if pycountry.currencies.get(alpha_3=value) is None:
            raise ValidationError(f"{value!r} is not an ISO 4217 currency such as USD")


class WriteBackSchema(Schema):
    pay_links = PlainString(
        validate=validate.Regexp(r"https?://[^/?#\s]+/?\Z", error="must be an address such as https://host")
    )
    info_center = PlainString(validate=NOT_EMPTY)
    project_column = PlainString(validate=CUSTOM_COLUMN)
    columns = fields.Dict(
        keys=fields.String(validate=validate.OneOf(WRITTEN_BACK, error="is none of {choices}")),
        values=PlainString(validate=CUSTOM_COLUMN),
    )

    @validates_schema
    def _names_a_place(self, data: dict[str, Any], **_: Any) -> None:
        if not data.get("info_center") and not data.get("project_column"):
            raise ValidationError("is missing: this or project_column", "info_center")


class DeltekSchema(Schema):
    url = PlainString(required=True)
    database = PlainString(required=True, validate=NOT_EMPTY)
    username = PlainString(required=True, validate=NOT_EMPTY)
    companies = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(CompanySchema),
        required=True,
        validate=validate.Length(min=1, error="needs one table for each company that takes part"),
        error_messages=MISSING,
    )
    integrated = PlainBoolean()
    page_size = PlainInteger(validate=validate.Range(min=1, max=5000, error="must be between 1 and 5000"))
    filter_operators = PlainString(
        validate=validate.OneOf(["symbols", "words"], error='must be "symbols" or "words"')
    )
    requests_per_second = PlainInteger(validate=validate.Range(min=1, max=1000, error="must be 1 to 1000"))
    allowed_host = PlainString()
    refno_length = PlainInteger(validate=validate.Range(min=4, max=30, error="must be between 4 and 30"))
    detail_parameter = PlainString()
    write_back = fields.Nested(WriteBackSchema)


class StripeSchema(Schema):
    payment_methods = fields.List(
        PlainString(
            validate=validate.OneOf(PAYMENT_METHODS, error="{input!r} is no payment method of Stripe")
        ),
        required=True,
        validate=validate.Length(min=1, error="must name at least one"),
        error_messages={**MISSING, "invalid": 'must be a list such as ["card"]'},
    )
    card_limit = PlainString()
    send_email = PlainBoolean()
    account = PlainString(validate=validate.Regexp(r"acct_\w+", error="must look like acct_…"))
    requests_per_second = PlainInteger(validate=validate.Range(min=1, max=100, error="must be 1 to 100"))
    open_invoices = PlainString(
        validate=validate.OneOf(["leave", "recreate"], error='must be "leave" or "recreate"')
    )

    @validates("card_limit")
    def _limit_is_an_amount(self, value: str, **_: Any) -> None:
        try:
            limit = Decimal(value)
        except InvalidOperation:
            limit = Decimal(0)
        if not limit.is_finite() or limit <= 0:
            raise ValidationError('must be an amount in quotes such as "5000.00"')


class SyncSchema(Schema):
    poll_every = PlainString(required=True)
    start_date = PlainDate(required=True)
    default_terms_days = PlainInteger(validate=validate.Range(min=0, max=3650, error="must be 0 to 3650"))
    include_clients = fields.List(PlainString())
    exclude_clients = fields.List(PlainString())
    include_projects = fields.List(PlainString())
    exclude_projects = fields.List(PlainString())
    paused = PlainBoolean()
    summary_line = PlainBoolean()
    compare_every = PlainString()

    @validates("poll_every", "compare_every")
    def _is_a_duration(self, value: str, **_: Any) -> None:
        match = DURATION.fullmatch(value)
        if not match or duration(value) < timedelta(seconds=10):
            raise ValidationError('must be a duration of 10s or more such as "30s", "5m" or "1h"')


class TenantSchema(Schema):
    slug = PlainString(
        required=True, validate=validate.Regexp(r"[a-z0-9-]{1,63}\Z", error="may hold only a-z, 0-9 and -")
    )
    timezone = PlainString(required=True)
    deltek = fields.Nested(DeltekSchema, required=True, error_messages=MISSING)
    stripe = fields.Nested(StripeSchema, required=True, error_messages=MISSING)
    sync = fields.Nested(SyncSchema, required=True, error_messages=MISSING)

    @validates("timezone")
    def _zone_exists(self, value: str, **_: Any) -> None:
        if value not in _time_zones():
            raise ValidationError(f"{value!r} is not a time zone such as America/New_York")


def read_file(path: Path, *, allow_insecure_urls: bool) -> TenantDescription:
    """The description in the file at `path`; raises UsageError naming the file and every wrong key."""
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not TOML: {error}") from None
    try:
        description = describe(content)
        check_url(description.deltek, allow_insecure=allow_insecure_urls)
    except UsageError as error:
        raise UsageError(f"{path}: {error.message}") from None
    return description


def describe_stored(content: Mapping[str, Any]) -> TenantDescription:
    """The description of a stored copy. The same copy is asked for many times in each unit of work: it is kept."""
    return _described(json.dumps(content, sort_keys=True))


@lru_cache(maxsize=1024)
def _described(stored: str) -> TenantDescription:
    return describe(json.loads(stored))


def describe(content: Mapping[str, Any]) -> TenantDescription:
    """The checked description of what the file holds; raises UsageError naming every wrong key."""
    try:
        data = cast("dict[str, Any]", TenantSchema().load(content))
    except ValidationError as error:
        raise UsageError("; ".join(_complaints(cast("dict[str, Any]", error.messages)))) from None
    deltek, sync = data["deltek"], data["sync"]
    companies = {
        code: CompanyDescription(code=code, **company) for code, company in deltek["companies"].items()
    }
    sync |= {name: duration(sync[name]) for name in ("poll_every", "compare_every") if name in sync}
    if "write_back" in deltek:
        deltek["write_back"] = WriteBackDescription(**deltek["write_back"])
    return TenantDescription(
        slug=data["slug"],
        timezone=ZoneInfo(data["timezone"]),
        deltek=DeltekDescription(**{**deltek, "companies": companies, "url": deltek["url"].rstrip("/")}),
        stripe=StripeDescription(**_lists_as_tuples(data["stripe"])),
        sync=SyncDescription(**_lists_as_tuples(sync)),
    )


def as_stored(content: Mapping[str, Any]) -> dict[str, Any]:
    """The file's content as JSON can hold it: dates as text, all else as it stands."""
    return {
        key: as_stored(value)
        if isinstance(value, Mapping)
        else str(value)
        if isinstance(value, date)
        else value
        for key, value in content.items()
    }


def duration(text: str) -> timedelta:
    match = DURATION.fullmatch(text)
    if match is None:
        raise UsageError(f"{text!r} is not a duration such as 5m")
    return timedelta(seconds=int(match[1]) * SECONDS[match[2]])


def check_url(deltek: DeltekDescription, *, allow_insecure: bool) -> None:
    """Refuse an address that could carry the password elsewhere: not https, another host, a private address.

    Raises UsageError. Deltek's cloud is *.deltekfirst.com (Deltek Cloud Admin Guide, "Add and Configure DPS").
    """
    scheme, host = _scheme_and_host(deltek.url)
    if allow_insecure:
        return
    if scheme != "https":
        raise UsageError("deltek.url must begin with https://")
    if _is_private(host):
        raise UsageError(f"deltek.url points to the private address {host}")
    if not host.endswith(".deltekfirst.com") and host != (deltek.allowed_host or "").lower():
        raise UsageError(
            f"deltek.url points to {host}, which is not a host of deltekfirst.com; "
            "a Vantagepoint of your own must be named in deltek.allowed_host"
        )


def _scheme_and_host(url: str) -> tuple[str, str]:
    """Of an address that every reader takes for the same one: no login, no query, nothing odd in it."""
    odd = UsageError("deltek.url must be an address such as https://acme.deltekfirst.com/Acme/api")
    if not re.fullmatch(r"https?://[^\s\\?#@]+", url, re.ASCII | re.IGNORECASE):
        raise odd
    try:
        parts = urlsplit(url)
        _ = parts.port  # read for its ValueError
    except ValueError:
        raise odd from None
    if not parts.hostname:
        raise odd
    return parts.scheme, parts.hostname


@cache
def _time_zones() -> set[str]:
    return available_timezones()


def _is_private(host: str) -> bool:
    """Whether the host is this machine or an address of a private network, in any spelling of it."""
    name = host.rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return not ipaddress.ip_address(name).is_global
    except ValueError:
        # A resolver takes 2130706433, 0x7f.1 and 127.1 for addresses (inet_aton); no host name ends in a number.
        return re.fullmatch(r"\d+|0x[0-9a-f]*", name.rpartition(".")[2]) is not None


def _lists_as_tuples(data: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}


def _complaints(messages: Mapping[str, Any], prefix: str = "") -> list[str]:
    found: list[str] = []
    for key, value in messages.items():
        if key in ("value", "key", "_schema") and isinstance(value, list | dict) and prefix:
            path = prefix.removesuffix(".")
        else:
            path = prefix + (
                str(key) if re.fullmatch(r"[\w-]+", str(key)) and not str(key).isdigit() else f'"{key}"'
            )
        if isinstance(value, Mapping):
            found += _complaints(value, path + ".")
        else:
            found += [f"{path} {_in_words(text)}" for text in value]
    return found


def _in_words(message: str) -> str:
    return WORDS.get(message, message.rstrip("."))
