"""Metadata: keys are set one by one, and an empty value unsets (docs.stripe.com/metadata)."""

from typing import Any

from connector.sandbox.stripe.errors import invalid


def merged(current: dict[str, str], given: Any) -> dict[str, str]:
    """The metadata after an update; an empty string instead of a hash unsets all of it."""
    if given == "":
        return {}
    together = {**current, **(given or {})}
    kept = {key: value for key, value in together.items() if value != ""}
    if len(kept) > 50:
        raise invalid("Metadata can have up to 50 keys.", "metadata")
    return kept
