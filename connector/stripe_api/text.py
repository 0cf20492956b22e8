"""Texts within the lengths that Stripe allows."""


def shorten(text: str, limit: int) -> str:
    """`text` in at most `limit` characters; what is cut ends with a whole word, where it can, and "…"."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    whole_words = cut if text[limit - 1].isspace() else cut.rpartition(" ")[0]
    return (whole_words.rstrip() or cut) + "…"
