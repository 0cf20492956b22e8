"""What the full comparison costs, and what it does when Deltek hides amounts or a slice is too short."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert

from connector.models import Invoice, InvoiceState
from connector.sandbox.vantagepoint.billing import Invoice as DeltekInvoice
from connector.sandbox.vantagepoint.billing import InvoiceLine
from connector.sync.compare_books import compare_books
from connector.sync.poll import poll_tenant
from tests.support.calls import counted
from tests.support.settling import at_stripe, checked, one_phase, problems, synced
from tests.support.world import World

A_BATCH = 100
USER = "MLCONNECTOR"


def many_at_stripe(world: World, how_many: int) -> None:
    """So many open invoices, a hundred to a batch, known to the connector as if it had pushed them."""
    line = InvoiceLine(wbs1="24001.00", wbs2="02", amount=Decimal("10.00"))
    bill = DeltekInvoice("24001.00", (line,), date(2026, 11, 2), due=date(2026, 12, 2))
    posted = [
        (batch, one)
        for batch in (f"IN9{run:05d}" for run in range(how_many // A_BATCH))
        for one in world.accountant.post_invoices([bill] * A_BATCH, batch)
    ]
    rows: list[dict[str, Any]] = [
        {
            "tenant_id": world.tenant().id,
            "company": "00",
            "wbs1": "24001.00",
            "client_id": world.clients["Riverbend Schools"],
            "number": one.number,
            "state": InvoiceState.PUSHED,
            "batch": batch,
            "invoice_date": one.dated,
            "due_date": one.due,
            "currency": "USD",
            "amount": 1000,
            "lines": [],
            "wbs_rows": [],
            "former_stripe_ids": [],
            "stripe_status": "open",
            "stripe_remaining": 1000,
            "stripe_invoice_id": f"in_of_{one.number}",
            "created_at": world.clock.now(),
        }
        for batch, one in posted
    ]
    with world.runtime.transaction() as session:
        session.execute(insert(Invoice), rows)


def compared(world: World, *, slice_time: timedelta = timedelta(hours=2)) -> None:
    poll_tenant(
        world.runtime,
        world.tenant().id,
        lambda run: compare_books(run, at_once=True),
        slice_time=slice_time,
    )


def test_an_idle_poll_costs_the_same_few_requests_however_many_invoices_there_are(acme: World) -> None:
    one_phase(acme)
    costs = []
    for how_many in (1, 100):
        many_at_stripe(acme, how_many) if how_many > 1 else None
        acme.poll()
        acme.clock.turn(timedelta(minutes=5))
        with counted(acme, "Deltek") as asked:
            acme.poll()
        assert "GET ARReview/ARBalance" not in asked
        costs.append(len(asked))

    assert costs[0] <= 12
    assert costs[1] <= costs[0] + 1


@pytest.mark.parametrize(("how_many", "pages", "batches"), [(100, 1, 1), (1000, 5, 10)])
def test_a_full_comparison_costs_a_request_for_each_page_of_balances_and_each_batch(
    acme: World, how_many: int, pages: int, batches: int
) -> None:
    many_at_stripe(acme, how_many)

    with counted(acme, "Deltek") as asked:
        compared(acme)

    assert acme.tenant().last_poll_problem == ""
    assert pages <= Counter(asked)["GET ARReview/ARBalance"] <= pages + 1
    assert len(asked) <= pages + 3 * batches + 5  # of each batch its files, its invoices, their lines


def test_rule_3_all_balances_hidden_is_one_problem_of_the_poll_and_nothing_is_done(acme: World) -> None:
    numbers = [one_phase(acme) for _ in range(4)]
    acme.deltek_sandbox.administrator.hide(USER, "ARBalance", ["Balance"])

    synced(acme)

    assert "Every balance in AR review reads as 0.00" in acme.tenant().last_poll_problem
    assert [at_stripe(acme, one) for one in numbers] == [("open", 100000)] * 4
    assert len(problems(acme)) <= 1

    acme.deltek_sandbox.administrator.hide(USER, "ARBalance", [])
    synced(acme)
    assert (acme.tenant().last_poll_problem, acme.status().failed) == ("", 0)


def test_a_comparison_that_is_cut_short_goes_on_with_the_next_slice(acme: World) -> None:
    numbers = [one_phase(acme, "100.00") for _ in range(4)]
    for number in numbers:
        checked(acme, (number, "40.00"))
    compared_at = acme.tenant().compared_at

    compared(acme, slice_time=timedelta(0))
    assert acme.tenant().compared_at == compared_at
    for _ in range(6):
        compared(acme)
    acme.settle()

    assert [at_stripe(acme, one) for one in numbers] == [("open", 6000)] * 4
    assert acme.tenant().compared_at != compared_at


def test_without_ar_review_the_ledger_alone_is_compared(acme: World) -> None:
    acme.deltek_sandbox.administrator.set_options({"ar_review": False})
    number, other = one_phase(acme), one_phase(acme)
    batch = checked(acme, (number, "400.00"))
    synced(acme)
    assert (at_stripe(acme, number), at_stripe(acme, other)) == (("open", 60000), ("open", 100000))

    acme.accountant.undo_posting(batch, "CR")
    synced(acme)

    assert "400.00 USD is open again in Deltek" in problems(acme)[0].reason


def test_where_settled_invoices_are_not_listed_an_undone_one_is_found_within_a_day(acme: World) -> None:
    acme.deltek_sandbox.administrator.set_options({"ar_review_lists_paid": False})
    number, _ = one_phase(acme), one_phase(acme, "5.00")
    acme.pay(number)
    acme.settle()
    synced(acme)
    acme.accountant.undo_posting(acme.invoice(number).batch)

    acme.clock.turn(timedelta(days=1, hours=1))
    synced(acme)

    assert acme.status().failed == 1
