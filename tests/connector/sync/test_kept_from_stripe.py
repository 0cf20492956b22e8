"""Invoices that are not at Stripe come there once they may, and are no item once they need not: found by random
histories."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from connector.sandbox.vantagepoint.accountant import Payment
from connector.sandbox.vantagepoint.billing import Invoice, InvoiceLine
from connector.sync.close_by_hand import close_by_hand
from connector.sync.poll import poll_tenant, read_news
from tests.support.auditing import audited
from tests.support.money import pushed, tied
from tests.support.settling import (
    adjusted,
    at_stripe,
    checked,
    compare,
    numbered,
    only_problem,
    polled,
    problems,
)
from tests.support.world import World, tenant_file


def test_an_invoice_that_a_check_had_settled_before_it_was_read_comes_to_stripe_when_the_check_is_undone(
    acme: World,
) -> None:
    """It had been left alone for good, and nothing named it."""
    number = acme.bill({"02": "600.00"})
    batch = checked(acme, (number, "600.00"))
    compare(acme)
    assert acme.stripe_invoices() == []

    acme.accountant.undo_posting(batch, "CR")
    compare(acme)

    assert acme.stripe_invoice(number)["amount_remaining"] == 60_000
    assert audited(acme) == []


@pytest.mark.parametrize("ar_review", [True, False])
def test_an_invoice_whose_void_was_undone_comes_to_stripe_again(acme: World, ar_review: bool) -> None:
    """At the next comparison; within a day where there is no AR review."""
    acme.deltek_sandbox.administrator.set_options({"ar_review": ar_review})
    number = pushed(acme)
    acme.accountant.void_invoice(number, date(2026, 11, 20), batch="VOID1")
    compare(acme)
    assert acme.stripe_invoice(number)["status"] == "void"

    acme.accountant.undo_posting("VOID1")
    acme.clock.turn(timedelta(hours=0 if ar_review else 24))
    compare(acme)

    (again,) = (one for one in acme.stripe_invoices() if one["status"] == "open")
    assert (again["number"], again["amount_remaining"]) == (f"{number}-2", 100_000)
    assert audited(acme) == []


@pytest.mark.parametrize("ar_review", [True, False])
def test_an_invoice_that_was_credited_before_it_was_read_is_pushed_once_the_memo_is_undone(
    acme: World, ar_review: bool
) -> None:
    acme.deltek_sandbox.administrator.set_options({"ar_review": ar_review})
    number = acme.bill({"02": "333.33"})
    acme.accountant.credit_invoice(number, Decimal("333.33"), date(2026, 11, 20))
    acme.poll()
    acme.settle()
    (memo,) = (
        file.batch
        for file in acme.deltek_books.billing.files.values()
        if file.invoices[0].kind == "credit_memo"
    )
    acme.accountant.undo_posting(memo)
    acme.clock.turn(timedelta(hours=0 if ar_review else 24))
    compare(acme)

    assert acme.stripe_invoice(number)["amount_remaining"] == 33_333
    assert audited(acme) == []


@pytest.mark.parametrize(("billed", "before"), [("0.30", ""), ("1000.00", "999.99")])
def test_a_blocked_invoice_that_is_collected_elsewhere_is_no_item_any_more(
    acme: World, billed: str, before: str
) -> None:
    """The item asked for just that, and stood there until somebody replayed it."""
    number = acme.bill({"02": billed})
    if before:
        checked(acme, (number, before))
    acme.poll()
    acme.settle()
    assert acme.status().failed == 1

    checked(acme, (number, str(Decimal(billed) - Decimal(before or 0))))
    compare(acme)

    assert acme.status().failed == 0
    assert not tied(acme).differences


@pytest.mark.parametrize("lists_paid", [True, False])
def test_a_blocked_invoice_that_is_voided_is_no_item_any_more(acme: World, lists_paid: bool) -> None:
    acme.deltek_sandbox.administrator.set_options({"ar_review_lists_paid": lists_paid})
    number = acme.bill({"02": "1000.00"})
    checked(acme, (number, "999.99"))
    acme.poll()
    assert acme.status().failed == 1
    acme.accountant.void_invoice(number, date(2026, 11, 20))
    compare(acme)

    assert acme.status().failed == 0
    assert not tied(acme).differences


def test_a_void_without_a_document_is_no_item_of_its_own_where_ar_review_lists_no_settled_invoice(
    acme: World,
) -> None:
    """The void's rows do not show their company: they were taken for another invoice, which nobody could read."""
    acme.deltek_sandbox.administrator.set_options({"ar_review_lists_paid": False})
    number = pushed(acme)
    acme.accountant.void_invoice(number, date(2026, 11, 20))
    compare(acme)

    assert acme.stripe_invoice(number)["status"] == "void"
    assert acme.status().failed == 0
    assert not tied(acme).differences


@pytest.mark.parametrize("how", ["a check", "a void"])
def test_without_documents_what_was_settled_before_it_was_read_is_no_item(acme: World, how: str) -> None:
    """AR review did not list it any more, so its company was not known, and a person was asked to show it."""
    acme.deltek_sandbox.administrator.set_options({"ar_review_lists_paid": False})
    acme.deltek_sandbox.administrator.set_receipt_mode("00", "single")
    number = acme.bill({"02": "1000.00"})
    if how == "a check":
        checked(acme, (number, "1000.00"))
    else:
        acme.accountant.void_invoice(number, date(2026, 11, 20))
    compare(acme)

    assert acme.status().failed == 0
    assert acme.stripe_invoices() == []


def test_an_invoice_of_several_projects_that_was_settled_is_read_again_whichever_of_them_is_open(
    acme: World,
) -> None:
    """Of what was never to be pushed the projects were not known, and only its own was looked at."""
    client = acme.clients["Riverbend Schools"]
    acme.project("24002.00", client, ["01"], name="Gym")
    lines = (
        InvoiceLine("24001.00", Decimal("1000.00"), wbs2="02"),
        InvoiceLine("24002.00", Decimal("70.00"), wbs2="01"),
    )
    bill = acme.accountant.post_invoice(Invoice("24001.00", lines, date(2026, 11, 20)))
    paid = [Payment(bill.number, line.wbs1, line.amount, wbs2=line.wbs2) for line in lines]
    acme.accountant.record_check("1", date(2026, 11, 20), paid[:1], "FIRST")
    batch = acme.accountant.record_check("2", date(2026, 11, 20), paid[1:], "FIRST")
    compare(acme)
    assert acme.stripe_invoices() == []

    acme.accountant.undo_posting(batch, "CR")
    compare(acme)

    (bill_at_stripe,) = acme.stripe_invoices()
    assert bill_at_stripe["amount_remaining"] == 7000


def test_an_invoice_that_was_to_be_made_again_and_that_a_person_closed_stays_closed(world: World) -> None:
    """It had been at Stripe, so that each comparison read it again and told of it again."""
    world.annex()
    world.set_up()
    by_card_only = tenant_file(world.deltek_url, stripe='card_limit = "1100.00"')
    world.apply(by_card_only.replace('"card", "us_bank_account"', '"card"'))
    number = pushed(world, {"02": "1000.00"})
    adjusted(world, number, "200.00")
    polled(world)

    close_by_hand(world.runtime, world.tenant(), only_problem(world).reference)
    for _ in range(2):
        compare(world)

    assert problems(world) == []
    assert at_stripe(world, number)[0] == "void"


def test_what_a_person_closed_stays_closed_when_all_postings_are_read_again_until_it_is_named(
    world: World,
) -> None:
    """It is collected elsewhere: `sync --since`, said for another reason, had the client asked for it, too."""
    world.annex()
    by_card_only = tenant_file(world.deltek_url, stripe='card_limit = "50.00"')
    world.set_up()
    world.apply(by_card_only.replace('"card", "us_bank_account"', '"card"'))
    number = pushed(world, {"02": "100.00"})
    close_by_hand(world.runtime, world.tenant(), number)
    world.apply(tenant_file(world.deltek_url))

    since = datetime(2026, 11, 1, tzinfo=UTC)
    poll_tenant(world.runtime, world.tenant().id, lambda run: read_news(run, since=since))
    world.settle()
    assert (world.stripe_invoices(), problems(world)) == ([], [])

    numbered(world, number)
    assert at_stripe(world, number) == ("open", 10000)
