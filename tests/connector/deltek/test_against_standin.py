"""The client over HTTP, against the stand-in that keeps books as Vantagepoint does."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.deltek.answers import AlreadyExists
from connector.deltek.records import CashReceipt, ReceiptRow, Wbs
from connector.deltek.session import DeltekCredentials, DeltekSession
from connector.deltek.vantagepoint import Vantagepoint
from connector.errors import Blocked, Forbidden, Refused, SignInRefused, Unavailable
from connector.sandbox.faults import Fault
from connector.sandbox.serving import serve
from connector.sandbox.vantagepoint import (
    Accountant,
    Administrator,
    Bank,
    Books,
    Company,
    Invoice,
    InvoiceLine,
    Payment,
    Sandbox,
)
from connector.secret import Secret
from connector.tenants.description import DeltekDescription, ReceiptMode

from .support import FreePace, MemoryTokens, TurnedClock

NOW = datetime(2026, 8, 3, 15, tzinfo=UTC)
TODAY = NOW.date()
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
USER, PASSWORD = "MLCONNECTOR", "pass-word"
MAIN, SECOND, SLASHED = "24001.00", "24002.00", "2026/014"


@dataclass
class Office:
    """A firm's books, its people, and our client of them."""

    sandbox: Sandbox
    url: str
    client_id: str

    def __post_init__(self) -> None:
        self.books = self.sandbox.books
        self.accountant = Accountant(self.books)
        self.admin = Administrator(self.books)
        self.clock = TurnedClock(NOW)
        self.tokens = MemoryTokens()
        self.session = self.sign_on()
        self.vantagepoint = Vantagepoint(self.session)

    def sign_on(self, password: str = PASSWORD, **settings: Any) -> DeltekSession:
        tokens = self.books.tokens
        credentials = DeltekCredentials(
            Secret(password), Secret(tokens.client_id), Secret(tokens.client_secret)
        )
        base = f"{self.url}/Sandbox/api"
        description = replace(DeltekDescription(base, tokens.database, USER, companies={}), **settings)
        return DeltekSession(
            description, credentials, self.tokens, FreePace(), self.clock, allow_insecure_urls=True
        )

    def post(self, *amounts: str, wbs1: str = MAIN, **changes: Any) -> Invoice:
        lines = tuple(InvoiceLine(wbs1, Decimal(amount), description="Design") for amount in amounts)
        invoice = Invoice(wbs1, lines, TODAY, due=date(2026, 9, 2))
        return self.accountant.post_invoice(replace(invoice, **changes))

    def receipt(self, number: str, *amounts: str, wbs1: str = MAIN) -> CashReceipt:
        rows = tuple(ReceiptRow(Wbs(wbs1), number, "111.00", Decimal(amount)) for amount in amounts)
        return CashReceipt(
            batch="BATCH0001",
            ref_no="R000001",
            company="00",
            bank_code="STRIPE",
            currency="USD",
            received_on=TODAY,
            period=202608,
            comment="py_1",
            description="Stripe payment",
            rows=rows,
        )


def set_up(books: Books) -> str:
    accountant, admin = Accountant(books), Administrator(books)
    books.settings.add_account("103.00", "Stripe Clearing", 1)
    for code in ("00", "01"):
        admin.add_company(Company(code, "Harlow Finch"))
    admin.add_bank(Bank("STRIPE", "00", "103.00", "Stripe clearing"))
    admin.add_login(USER, PASSWORD)
    client_id = str(
        accountant.add_firm({"Name": "Alder Creek", "PrimaryEmail": "ap@example.com"})["ClientID"]
    )
    accountant.add_address(client_id, {"Address1": "1 Main St", "City": "Troy", "Billing": "Y"})
    accountant.add_contact({"ClientID": client_id, "LastName": "Reed", "Email": "reed@example.com"})
    for wbs1 in (MAIN, SECOND, SLASHED):
        names = {"WBS1": wbs1, "WBS2": " ", "WBS3": " ", "Name": f"Project {wbs1}"}
        accountant.add_project({**names, "ClientID": client_id, "BillingClientID": client_id})
    return client_id


@pytest.fixture
def office() -> Iterator[Office]:
    books = Books(source=lambda: NOW)
    sandbox = Sandbox(books)
    with serve(sandbox) as serving:
        office = Office(sandbox, serving.url, set_up(books))
        yield office
        office.session.close()


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
    assert [row.invoice for page in pages for row in page] == [posted.number]


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


@pytest.mark.parametrize("mode", ["files", "single"])
def test_a_receipt_is_written_found_posted_and_found_again(office: Office, mode: ReceiptMode) -> None:
    posted = office.post("100.00", "57.50")
    office.admin.set_receipt_mode("00", mode)
    vantagepoint, receipt = office.vantagepoint, office.receipt(posted.number, "150.10", "-0.10")
    vantagepoint.work_in("00", 202608)
    vantagepoint.write_receipt(receipt, mode)
    waiting = vantagepoint.find_receipt(receipt.batch, mode, receipt.ref_no)
    assert waiting is not None
    assert (waiting.place, waiting.rows) == ("unposted", receipt.rows)
    vantagepoint.post_batch(receipt.batch, receipt.period, "Stripe")
    done = vantagepoint.find_receipt(receipt.batch, mode, receipt.ref_no)
    assert done is not None
    assert (done.place, done.total) == ("posted", Decimal(150))
    (balance,) = vantagepoint.balances(MAIN, posted.number) or []
    assert balance.balance == Decimal("7.5")


@pytest.mark.parametrize("mode", ["files", "single"])
def test_a_batch_that_exists_is_told_apart(office: Office, mode: ReceiptMode) -> None:
    posted = office.post("100.00")
    office.admin.set_receipt_mode("00", mode)
    receipt = office.receipt(posted.number, "60.00")
    office.vantagepoint.write_receipt(receipt, mode)
    with pytest.raises(AlreadyExists, match="already exists and cannot be added"):
        office.vantagepoint.write_receipt(receipt, mode)


@pytest.mark.parametrize("kind", ["after", "disconnect"])
def test_a_write_whose_answer_is_lost_is_found_by_looking(office: Office, kind: Any) -> None:
    posted = office.post("100.00")
    receipt = office.receipt(posted.number, "60.00")
    office.vantagepoint.active_company()
    office.sandbox.faults.add(Fault(kind, "POST", ".*/crControl"))
    with pytest.raises(Unavailable) as raised:
        office.vantagepoint.write_receipt(receipt, "files")
    assert raised.value.outcome_unknown
    found = office.vantagepoint.find_receipt(receipt.batch, "files", receipt.ref_no)
    assert found is not None
    assert found.rows == receipt.rows


def test_a_receipt_that_deltek_numbers_itself_is_found(office: Office) -> None:
    posted = office.post("100.00")
    office.admin.add_bank(Bank("STRIPE", "00", "103.00", auto_number=True))
    office.admin.set_receipt_mode("00", "single")
    receipt = office.receipt(posted.number, "60.00")
    office.vantagepoint.write_receipt(receipt, "single")
    assert office.vantagepoint.find_receipt(receipt.batch, "single", receipt.ref_no) is not None


def test_a_delayed_posting_is_unposted_until_the_ledger_has_it(office: Office) -> None:
    posted = office.post("100.00")
    office.admin.set_options({"posting_delay": 30})
    receipt = office.receipt(posted.number, "60.00")
    office.vantagepoint.write_receipt(receipt, "files")
    office.vantagepoint.post_batch(receipt.batch, 202608, "Stripe")
    places = []
    for _ in range(2):
        found = office.vantagepoint.find_receipt(receipt.batch, "files", receipt.ref_no)
        assert found is not None
        places.append(found.place)
        office.admin.advance_clock(31)
    assert places == ["unposted", "posted"]


def test_undone_posting_is_a_file_again_and_a_deleted_file_is_gone(office: Office) -> None:
    posted = office.post("100.00")
    receipt = office.receipt(posted.number, "60.00")
    office.vantagepoint.write_receipt(receipt, "files")
    office.vantagepoint.post_batch(receipt.batch, 202608, "Stripe")
    office.accountant.undo_posting(receipt.batch, "CR")
    found = office.vantagepoint.find_receipt(receipt.batch, "files", receipt.ref_no)
    assert found is not None
    assert found.place == "unposted"
    office.accountant.delete_receipt_file(receipt.batch)
    assert office.vantagepoint.find_receipt(receipt.batch, "files", receipt.ref_no) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ref_no": "R" * 20}, "would be truncated"),
        ({"bank_code": "NONE"}, "NONE"),
        ({"company": "01"}, "01|company"),
        ({"period": 209901}, "eriod"),
        ({"rows": (ReceiptRow(Wbs("99999"), "1", "111.00", Decimal(1)),)}, "99999"),
    ],
)
def test_a_refusal_comes_in_deltek_s_words(office: Office, changes: dict[str, Any], words: str) -> None:
    posted = office.post("100.00")
    receipt = replace(office.receipt(posted.number, "60.00"), **changes)
    with pytest.raises(Refused, match=words) as raised:
        office.vantagepoint.write_receipt(receipt, "files")
    assert "<" not in str(raised.value)
    assert office.vantagepoint.find_receipt(receipt.batch, "files", receipt.ref_no) is None


def test_posting_twice_is_refused(office: Office) -> None:
    receipt = office.receipt(office.post("100.00").number, "60.00")
    office.vantagepoint.write_receipt(receipt, "files")
    office.vantagepoint.post_batch(receipt.batch, 202608, "Stripe")
    with pytest.raises(Refused, match="already been posted"):
        office.vantagepoint.post_batch(receipt.batch, 202608, "Stripe")


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


def test_a_hidden_batch_column_is_no_proof_of_absence(office: Office) -> None:
    receipt = office.receipt(office.post("100.00").number, "60.00")
    office.vantagepoint.write_receipt(receipt, "files")
    office.vantagepoint.post_batch(receipt.batch, 202608, "Stripe")
    office.admin.hide(USER, "PSALedger", ["Batch"])
    with pytest.raises(Blocked, match="Deltek shows no Batch"):
        office.vantagepoint.find_receipt(receipt.batch, "files", receipt.ref_no)


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
