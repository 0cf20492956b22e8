"""What an answer of Vantagepoint means: records, or the error that says why there are none.

Statuses: Deltek PS 1.1 help, Responses. Bodies of errors: GO scjalliance/vantagepoint errors.go. Validation
messages come with 400 or 500, so a 500 is read before it is called an outage.
"""

import html
import json
import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, NoReturn

import requests

from connector.deltek.transport import Call, retry_after, unanswered
from connector.errors import Forbidden, NotFound, OutsideError, Refused, Unavailable

Record = dict[str, Any]

MESSAGE_LENGTH = 500
LONGEST_BODY = 65536  # bytes of an error that are looked at
MESSAGE_KEYS = ("message", "exceptionmessage", "error_description", "detail", "error")
BREAKS = re.compile(r"<br\s*/?>", re.IGNORECASE)
TAGS = re.compile(r"</?[a-z][^>]*>", re.IGNORECASE)
PAGE = re.compile(r"\s*<(!doctype|html|head|body|\?xml)", re.IGNORECASE)
# Texts that name no rule that was broken: the server, or the database under it, was in trouble.
TROUBLE = re.compile(
    r"internal server error|an error has occurred|unavailable|bad gateway|time[d-]? ?out|deadlock|try again",
    re.IGNORECASE,
)


class Absent(NotFound):
    """The resource itself is not there, whatever is asked of it: this version has none."""


class AlreadyExists(Refused):
    """The record was there before: whoever wrote must look whether it is the same."""


def records(call: Call, response: requests.Response) -> list[Record]:
    """The records of a successful answer, one object counting as a list of one."""
    content = _json(call, response)
    rows = [content] if isinstance(content, dict) else content
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise unanswered(
            call, f"was answered with something that is not records (status {response.status_code})"
        )
    return rows


def records_if_any(call: Call, response: requests.Response) -> list[Record]:
    """As `records`, where Deltek documents no answer: an empty body or a bare value is none."""
    if not response.content.strip():
        return []
    content = _json(call, response)
    rows = content if isinstance(content, list) else [content]
    return [row for row in rows if isinstance(row, dict)]


def error_of(call: Call, response: requests.Response, now: datetime) -> OutsideError:
    """The error that an unsuccessful answer means."""
    status = response.status_code
    message = deltek_message(response)
    trouble = status == 500 and (not message or TROUBLE.search(message))
    if trouble or status in (408, 429) or status > 500:
        return Unavailable(
            "Deltek",
            f"{call} was answered with status {status}",
            retry_after=retry_after(response, now),
            outcome_unknown=call.changes and status != 429,
        )
    return _refusal(call, status, message)


def _refusal(call: Call, status: int, message: str) -> Refused:
    if status == 403:
        return Forbidden(
            "Deltek",
            f"The API user may not {call}" + (f": {message}" if message else ""),
            status=status,
            remedy="Give its role access to this in Deltek (Settings > Security > Roles)",
        )
    text = f"{call} was refused: {message or f'status {status}'}"
    if "already exists" in message.lower():
        return AlreadyExists("Deltek", text, status=status)
    if status == 404 or message.lower().startswith("record not found"):
        return NotFound("Deltek", text, status=status)
    return Refused("Deltek", text, status=status)


def deltek_message(response: requests.Response) -> str:
    """Deltek's own words: one line without markup; empty when the body is a web page.

    Empty as well when the body repeats the token that was sent.
    """
    text = response.content[:LONGEST_BODY].decode(errors="replace")
    token = response.request.headers.get("Authorization", "").removeprefix("Bearer ")
    if PAGE.match(text) or (token and token in text):
        return ""
    try:
        content = json.loads(text)
    except ValueError:
        content = text
    return readable(next(_messages(content), ""))


def _messages(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for part in content:
            yield from _messages(part)
    elif isinstance(content, dict):
        found = {str(key).lower(): value for key, value in content.items()}
        for key in MESSAGE_KEYS:
            yield from _messages(found.get(key) or None)


def readable(text: str) -> str:
    """`text` without markup, each of its sentences once, on one line, cut to a length that a person reads."""
    parts = (" ".join(html.unescape(TAGS.sub("", part)).split()).strip(" .;") for part in BREAKS.split(text))
    line = "; ".join(dict.fromkeys(filter(None, parts)))
    return line if len(line) <= MESSAGE_LENGTH else line[: MESSAGE_LENGTH - 1] + "…"


def _json(call: Call, response: requests.Response) -> Any:
    try:
        return json.loads(response.content, parse_float=Decimal, parse_constant=_no_number)
    except ValueError:
        what = f"was answered with something that is not JSON (status {response.status_code})"
        raise unanswered(call, what) from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")
