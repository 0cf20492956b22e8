"""The client over HTTP, against the stand-in that keeps books as Vantagepoint does."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.deltek.records import Wbs
from connector.deltek.vantagepoint import Vantagepoint
from connector.errors import Blocked, Forbidden, SignInRefused
from connector.sandbox.vantagepoint import (
    InvoiceLine,
    Payment,
)

from .office import LONG_AGO, MAIN, NOW, SECOND, SLASHED, TODAY, USER, Office


def feed(vantagepoint: Vantagepoint, since: datetime = LONG_AGO) -> set[str]:
    pages = vantagepoint.posted_invoices(since)
    return {row.invoice for page in pages for row in page if row.invoice and not row.auto_entry}


def test_the_feed_shows_what_was_posted_and_nothing_else(office: Office) -> None:
    posted = office.post("100.00", "57.50")
    office.accountant.accept_invoice(replace(posted, number="", lines=posted.lines[:1]))
    assert feed(office.vantagepoint) == {posted.number}
    assert feed(office.vantagepoint, NOW + timedelta(days=2)) == set()


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"max_page_size": 10},
        {"max_page_size": 13},
        {"ledger_paging": False},
        {"ledger_prints_post_date": False},
        {"server_zone": "Pacific/Auckland"},
        {"server_zone": "America/Los_Angeles"},
        {"wip_offsets": True},
    ],
)
def test_every_posted_invoice_is_seen_however_a_version_behaves(
    office: Office, switches: dict[str, Any]
) -> None:
    office.admin.set_options(switches)
    posted = {office.post("1.00").number for _ in range(27)}
    vantagepoint = Vantagepoint(office.sign_on(page_size=25))
    assert feed(vantagepoint, NOW - timedelta(days=1)) == posted


def test_operators_in_words_are_asked_in_words(office: Office) -> None:
    posted = [office.post("1.00").number for _ in range(20)]
    office.admin.set_options({"filter_operators": "words"})
    words = Vantagepoint(office.sign_on(filter_operators="words"))
    (row, *_) = words.posted_rows_of_invoice(posted[0])
    assert words.filter_works(row)
    assert not office.vantagepoint.filter_works(row)


def test_a_wrong_spelling_of_operators_stops_before_it_reads_everything(office: Office) -> None:
    office.post("1.00")
    office.admin.load_history(5000)
    office.admin.set_options({"filter_operators": "words"})
    with pytest.raises(Blocked, match="Deltek ignores the filter of GET PSALedger/IN"):
        office.vantagepoint.posted_rows_of_invoice("nowhere")


def test_documents_carry_lines_dates_and_company(office: Office) -> None:
    posted = office.post("100.00", "57.50")
    rows = office.vantagepoint.posted_rows_of_invoice(posted.number)
    (document,) = office.vantagepoint.documents(rows[0].batch)
    assert (document.invoice, document.company, document.posted) == (posted.number, "00", True)
    assert (document.invoice_date, document.due_date) == (TODAY, date(2026, 9, 2))
    assert [line.amount for line in document.lines] == [Decimal("100.00"), Decimal("57.50")]
    assert [line.description for line in document.lines] == ["Design", "Design"]
    assert document.wbs == Wbs(MAIN)


@pytest.mark.parametrize("unknown", ["404", "empty"])
def test_an_unknown_batch_has_no_documents_and_no_receipt(office: Office, unknown: str) -> None:
    office.admin.set_options({"unknown_batch": unknown})
    assert office.vantagepoint.documents("NONE") == []
    assert office.vantagepoint.find_receipt("NONE", "files", "R1") is None
    assert office.vantagepoint.find_receipt("NONE", "single", "R1") is None


def test_balances_follow_receipts(office: Office) -> None:
    posted = office.post("100.00", "57.50")
    payments = [Payment(posted.number, MAIN, Decimal("57.50"))]
    office.accountant.record_check("1001", TODAY, payments, "STRIPE")
    (balance,) = office.vantagepoint.balances(MAIN, posted.number) or []
    assert (balance.original, balance.balance) == (Decimal("157.5"), Decimal(100))
    assert (balance.company, balance.billing_client_id) == ("00", office.client_id)
    (received,) = office.vantagepoint.received_by_wbs(MAIN, posted.number) or []
    assert (received.amount, received.received_on) == (Decimal("57.5"), TODAY)


def receipts_fed(vantagepoint: Vantagepoint, since: datetime = LONG_AGO) -> list[tuple[str, str, Decimal]]:
    rows = [row for page in vantagepoint.posted_receipts(since) for row in page]
    return [(row.batch, row.invoice, row.amount) for row in rows if not row.auto_entry]


def test_the_feed_of_receipts_shows_checks_and_our_own_once_they_are_posted(office: Office) -> None:
    posted = office.post("100.00")
    payments = [Payment(posted.number, MAIN, Decimal("57.50"))]
    office.accountant.record_check("1001", TODAY, payments, "STRIPE")
    office.accountant.record_check("1002", TODAY, payments, "STRIPE", post=False)
    office.vantagepoint.write_receipt(office.receipt(posted.number, "10.00"), "files")
    assert receipts_fed(office.vantagepoint) == [("CHK1001", posted.number, Decimal("-57.5"))]
    office.vantagepoint.post_batch("BATCH0001", 202608, "Stripe")
    assert receipts_fed(office.vantagepoint)[1:] == [("BATCH0001", posted.number, Decimal(-10))]
    assert receipts_fed(office.vantagepoint, NOW + timedelta(days=2)) == []


@pytest.mark.parametrize("direction", ["own", "reference"])
def test_a_credit_memo_is_found_from_the_number_that_it_refers_to(office: Office, direction: str) -> None:
    office.admin.set_options({"credit_memo_direction": direction})
    posted, other = office.post("100.00"), office.post("70.00")
    memo = office.accountant.credit_invoice(posted.number, Decimal(30), TODAY)
    office.accountant.credit_invoice(other.number, Decimal(5), TODAY)
    kept_under, refers_to = (memo, posted) if direction == "own" else (posted, memo)
    (balance,) = office.vantagepoint.credit_memos_of(refers_to.number) or []
    assert (balance.invoice, balance.credit_memo_ref) == (kept_under.number, refers_to.number)
    assert (balance.wbs1, balance.original, balance.balance) == (MAIN, Decimal(-30), Decimal(-30))
    (row,) = office.vantagepoint.posted_memo_rows_of(refers_to.number)
    assert (row.invoice, row.amount) == (kept_under.number, Decimal(-30))
    assert office.vantagepoint.credit_memos_of(kept_under.number) == []
    assert office.vantagepoint.posted_memo_rows_of(kept_under.number) == []
    assert len(office.vantagepoint.balances(MAIN, posted.number) or []) == (1 if direction == "own" else 2)


def test_a_billing_group_is_whole(office: Office) -> None:
    lines = (InvoiceLine(MAIN, Decimal(10)), InvoiceLine(SECOND, Decimal(20)))
    posted = office.post(lines=lines)
    billed = office.vantagepoint.billed_by_wbs(MAIN, posted.number) or []
    assert [(row.wbs.wbs1, row.amount) for row in billed] == [(MAIN, Decimal(10)), (SECOND, Decimal(20))]
    payments = [Payment(posted.number, wbs1, Decimal(5)) for wbs1 in (MAIN, SECOND)]
    office.accountant.record_check("1001", TODAY, payments, "STRIPE")
    received = office.vantagepoint.received_by_wbs(MAIN, posted.number) or []
    assert sorted((row.wbs.wbs1, row.amount) for row in received) == [
        (MAIN, Decimal(5)),
        (SECOND, Decimal(5)),
    ]


def test_an_unknown_key_parameter_falls_back_to_a_filter(office: Office) -> None:
    other, posted = office.post("3.00"), office.post("100.00")
    office.admin.set_options({"ar_review_key": "AnotherName"})
    assert other.number != posted.number
    (billed,) = office.vantagepoint.billed_by_wbs(MAIN, posted.number) or []
    assert billed.amount == Decimal(100)
    assert office.vantagepoint.received_by_wbs(MAIN, posted.number) == []


def test_an_older_version_has_no_ar_review(office: Office) -> None:
    office.admin.set_options({"ar_review": False})
    assert office.vantagepoint.balances(MAIN, "1") is None
    assert office.vantagepoint.balances_dated_since(TODAY) is None
    assert office.vantagepoint.billed_by_wbs(MAIN, "1") is None
    assert office.vantagepoint.received_by_wbs(MAIN, "1") is None


def test_balances_since_a_day_leave_older_invoices_out(office: Office) -> None:
    office.post("1.00", dated=TODAY - timedelta(days=1))
    posted = office.post("2.00")
    pages = office.vantagepoint.balances_dated_since(TODAY)
    assert pages is not None
    assert [row.invoice for page in pages for row in page.rows] == [posted.number]


def test_firms_contacts_and_projects_are_read(office: Office) -> None:
    vantagepoint = office.vantagepoint
    assert vantagepoint.firm(office.client_id).email == "ap@example.com"
    (address,) = vantagepoint.addresses(office.client_id)
    assert (address.lines, address.city, address.billing) == (("1 Main St",), "Troy", True)
    (contact,) = vantagepoint.contacts(office.client_id)
    assert vantagepoint.contact(contact.contact_id) == contact
    assert vantagepoint.contact("0" * 32) is None
    for wbs1 in (MAIN, SLASHED):
        project = vantagepoint.project(wbs1)
        assert project is not None
        assert (project.name, project.billing_client_id) == (f"Project {wbs1}", office.client_id)
    assert vantagepoint.project("99999") is None
    assert vantagepoint.project("9/9") is None


def test_changes_of_hubs_are_seen(office: Office) -> None:
    vantagepoint = office.vantagepoint
    assert [firm.client_id for firm in vantagepoint.changed_firms(NOW)] == [office.client_id]
    assert len(vantagepoint.changed_contacts(NOW)) == 1
    assert {project.wbs1 for project in vantagepoint.changed_projects(NOW)} == {MAIN, SECOND, SLASHED}
    assert vantagepoint.changed_firms(NOW + timedelta(days=3)) == []


def test_periods_are_open_or_closed(office: Office) -> None:
    period = office.vantagepoint.fiscal_period(TODAY, "00")
    assert period is not None
    assert (period.period, period.closed) == (202608, False)
    office.accountant.close_period(202608)
    for company, closed in (("00", True), ("01", False)):
        period = office.vantagepoint.fiscal_period(TODAY, company)
        assert period is not None
        assert period.closed is closed


def test_an_unknown_company_is_blocked(office: Office) -> None:
    with pytest.raises(Blocked, match="work in Company 77"):
        office.vantagepoint.work_in("77", 202608)


def test_a_denied_resource_is_forbidden(office: Office) -> None:
    office.admin.deny(USER, ["ARReview"])
    with pytest.raises(Forbidden, match="GET ARReview/ARBalance"):
        office.vantagepoint.balances(MAIN, "1")


def test_expired_and_revoked_tokens_are_replaced(office: Office) -> None:
    assert office.vantagepoint.active_company() == "00"
    office.admin.expire_tokens()
    assert office.vantagepoint.active_company() == "00"
    office.admin.expire_tokens()
    office.admin.revoke_refresh_tokens()
    assert office.vantagepoint.active_company() == "00"
    assert [one.path.rsplit("/", 1)[-1] for one in office.books.requests].count("token") == 4


def test_a_wrong_password_is_tried_once(office: Office) -> None:
    wrong = Vantagepoint(office.sign_on(password="wrong"))
    for _ in range(3):
        with pytest.raises(SignInRefused):
            wrong.active_company()
    assert office.admin.logins()[0]["failures"] == 1


def test_the_set_up_can_be_looked_at(office: Office) -> None:
    posted = office.post("100.00")
    vantagepoint = office.vantagepoint
    assert vantagepoint.receipt_field_lengths() is not None
    assert (vantagepoint.receipt_field_lengths() or {})["Batch"] == 30
    assert [bank.code for bank in vantagepoint.bank_codes() or []] == ["STRIPE"]
    assert vantagepoint.accounts_receivable("00") == "111.00"
    assert {(one.code, one.currency) for one in vantagepoint.companies() or []} == {
        ("00", "USD"),
        ("01", "USD"),
    }
    row = vantagepoint.one_posted_invoice()
    assert row is not None
    assert row.invoice == posted.number
    assert vantagepoint.filter_works(row)


def test_reading_an_invoice_takes_few_calls(office: Office) -> None:
    posted = office.post("100.00")
    office.vantagepoint.active_company()
    office.books.forget_requests()
    (page,) = office.vantagepoint.posted_invoices(NOW)
    office.vantagepoint.documents(page[0].batch)
    office.vantagepoint.balances(MAIN, posted.number)
    assert len(office.books.requests) == 5
