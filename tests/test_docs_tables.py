"""The tables of what happens say what is so: each row is proven by a test that exists, and no case is left out."""

import ast
import re
from pathlib import Path
from typing import get_args

import pytest
import stripe

from connector.stripe_api.events import WEBHOOK_EVENTS

ROOT = Path(__file__).parents[1]
DOCS = [name for name in ("docs/from-stripe.md", "docs/from-deltek.md") if (ROOT / name).exists()]
PROOF = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
STATES = {
    "invoice": get_args(stripe.Invoice.__annotations__["status"]),
    "payment intent": get_args(stripe.PaymentIntent.__annotations__["status"]),
    "dispute": get_args(stripe.Dispute.__annotations__["status"]),
    "credit note": get_args(stripe.CreditNote.__annotations__["status"]),
    "cash balance transaction": get_args(stripe.CustomerCashBalanceTransaction.__annotations__["type"]),
    # Those that the SDK has in words only: stripe-python 16.1.0 _invoice_payment.py, _refund.py, _payout.py
    "invoice payment": ("open", "paid", "canceled"),
    "refund": ("pending", "requires_action", "succeeded", "failed", "canceled"),
    "payout": ("paid", "pending", "in_transit", "canceled", "failed"),
    "list of a payout": get_args(stripe.Payout.__annotations__["reconciliation_status"]),
}


def rows(name: str) -> list[str]:
    """The rows of all tables of the page that have a column of proofs."""
    found: list[str] = []
    proven = False
    for line in (ROOT / name).read_text("utf-8").splitlines():
        if not line.startswith("|"):
            proven = False
        elif "proven by" in line:
            proven = True
        elif proven and set(line) - set("|- :"):
            found.append(line)
    return found


def functions_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}


@pytest.mark.parametrize("name", DOCS)
def test_every_test_that_a_table_names_exists(name: str) -> None:
    named = PROOF.findall((ROOT / name).read_text("utf-8"))

    assert named
    assert [f"{path}::{test}" for path, test in named if test not in functions_in(ROOT / path)] == []


@pytest.mark.parametrize("name", DOCS)
def test_every_row_of_a_table_is_proven_by_a_test(name: str) -> None:
    assert rows(name)
    assert [row for row in rows(name) if not PROOF.search(row)] == []


def test_every_event_that_is_subscribed_to_stands_in_the_table() -> None:
    told = "\n".join(rows("docs/from-stripe.md"))

    assert [kind for kind in WEBHOOK_EVENTS if f"`{kind}`" not in told] == []


@pytest.mark.parametrize("what", STATES)
def test_every_state_of_a_stripe_object_stands_in_its_table(what: str) -> None:
    flat = [one for state in STATES[what] for one in (get_args(state) or (state,))]
    states = [state for state in flat if isinstance(state, str)]
    told = "\n".join(row for row in rows("docs/from-stripe.md") if row.startswith(f"| {what} |"))

    assert states
    assert [state for state in states if f"`{state}`" not in told] == []
