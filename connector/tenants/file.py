"""The tenant's TOML file: read, checked key by key, and turned into its description.

Every complaint names the key as the file spells it, e.g. `deltek.companies."00".currency`.
"""

import ipaddress
import re
import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

import pycountry
from marshmallow import Schema, ValidationError, fields, validate, validates

from connector.errors import UsageError
from connector.tenants.description import (
    CompanyDescription,
    DeltekDescription,
    StripeDescription,
    SyncDescription,
    TenantDescription,
)

DURATION = re.compile(r"(\d+)([smhd])")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
MISSING: dict[str, Any] = {"required": "is missing"}


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
    bank_code = PlainString(required=True, validate=validate.Length(min=1, error="must not be empty"))
    ar_account = PlainString(required=True, validate=validate.Length(min=1, error="must not be empty"))
    receipts = PlainString(
        required=True, validate=validate.OneOf(["files", "single"], error='must be "files" or "single"')
    )
    post = PlainBoolean(required=True, error_messages=MISSING)
    fee_account = PlainString()
    fee_project = PlainString()

    @validates("currency")
    def _currency_exists(self, value: str, **_: Any) -> None:
        if pycountry.currencies.get(alpha_3=value) is None:
            raise ValidationError(f"{value!r} is not an ISO 4217 currency such as USD")


class DeltekSchema(Schema):
    url = PlainString(required=True)
    database = PlainString(required=True)
    username = PlainString(required=True)
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


class StripeSchema(Schema):
    payment_methods = fields.List(
        PlainString(),
        required=True,
        validate=validate.Length(min=1, error="must name at least one"),
        error_messages={**MISSING, "invalid": 'must be a list such as ["card"]'},
    )
    card_limit = PlainString()
    send_email = PlainBoolean()
    account = PlainString(validate=validate.Regexp(r"acct_\w+", error="must look like acct_…"))
    requests_per_second = PlainInteger(validate=validate.Range(min=1, max=100, error="must be 1 to 100"))

    @validates("card_limit")
    def _limit_is_an_amount(self, value: str, **_: Any) -> None:
        try:
            positive = Decimal(value) > 0
        except InvalidOperation:
            positive = False
        if not positive:
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

    @validates("poll_every")
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
        if value not in available_timezones():
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


def describe(content: Mapping[str, Any]) -> TenantDescription:
    """The checked description of what the file, or the stored copy of it, holds."""
    try:
        data = cast("dict[str, Any]", TenantSchema().load(content))
    except ValidationError as error:
        raise UsageError("; ".join(_complaints(cast("dict[str, Any]", error.messages)))) from None
    deltek, sync = data["deltek"], data["sync"]
    companies = {
        code: CompanyDescription(code=code, **company) for code, company in deltek["companies"].items()
    }
    sync["poll_every"] = duration(sync["poll_every"])
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
    parts = urlsplit(deltek.url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise UsageError("deltek.url must be an address such as https://acme.deltekfirst.com/Acme/api")
    if allow_insecure:
        return
    if parts.scheme != "https":
        raise UsageError("deltek.url must begin with https://")
    if _is_private(parts.hostname):
        raise UsageError(f"deltek.url points to the private address {parts.hostname}")
    if not parts.hostname.endswith(".deltekfirst.com") and parts.hostname != deltek.allowed_host:
        raise UsageError(
            f"deltek.url points to {parts.hostname}, which is not a host of deltekfirst.com; "
            "a Vantagepoint of your own must be named in deltek.allowed_host"
        )


def _is_private(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False


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
    return "is not a key of this file" if message == "Unknown field." else message.rstrip(".")
