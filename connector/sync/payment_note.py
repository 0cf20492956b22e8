"""What an accountant reads of an invoice's payments beside the amounts: what is awaited, and each dispute by itself."""

import re

_DISPUTE = re.compile(r"dispute (?P<id>\w+) over [^;]+")


def with_awaited(note: str, awaited: str | None) -> str:
    """`awaited` is what to say of a payment that has not come: empty is nothing any more, None leaves it as it is."""
    return _noted(_awaited(note) if awaited is None else awaited, _disputes(note))


def with_dispute(note: str, dispute: str, says: str) -> str:
    """`says` is empty for one that is over and cost nothing."""
    return _noted(_awaited(note), {**_disputes(note), dispute: says})


def _disputes(note: str) -> dict[str, str]:
    return {found["id"]: found[0] for found in _DISPUTE.finditer(note)}


def _awaited(note: str) -> str:
    return _DISPUTE.sub("", note).strip("; ")


def _noted(awaited: str, disputes: dict[str, str]) -> str:
    return "; ".join(part for part in (*disputes.values(), awaited) if part)
