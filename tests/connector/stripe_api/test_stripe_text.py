"""Texts that are too long end cleanly."""

from hypothesis import given
from hypothesis import strategies as st

from connector.stripe_api.text import shorten


def test_a_text_that_fits_is_left_alone() -> None:
    assert shorten("Structural design", 17) == "Structural design"


def test_a_longer_text_ends_with_a_whole_word() -> None:
    assert shorten("Structural design", 16) == "Structural…"
    assert shorten("Structural design phase", 18) == "Structural design…"


def test_a_single_long_word_is_cut_where_it_must_be() -> None:
    assert shorten("Structural", 5) == "Stru…"


@given(st.text(), st.integers(1, 40))
def test_no_text_is_longer_than_allowed_and_none_vanishes(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short) <= limit
    assert bool(short) == bool(text)
