"""The example firm ties out to the cent, and its tenant file is a valid one."""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import requests

from connector.sandbox.firm import Firm, credentials, load, tenant_toml
from connector.sandbox.firm.profile import DATABASE, FEE_PROJECT, USERNAME
from connector.sandbox.serving import serve
from connector.sandbox.vantagepoint import Books, Sandbox, Wbs, audit
from connector.tenants.file import read_file

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def books() -> Books:
    return Books(source=lambda: NOW)


@pytest.fixture(scope="module")
def firm(books: Books) -> Firm:
    return load(books)


def test_a_hundred_and_fifty_invoices_are_to_be_pushed(firm: Firm) -> None:
    assert len(firm.expected) == 150
    assert len({(one.company, one.wbs1, one.number) for one in firm.expected}) == 150
    assert all(firm.start_date <= one.dated < NOW.date() for one in firm.expected)
    assert all(Decimal(1_200) <= one.amount <= Decimal(400_000) for one in firm.expected)
    assert firm.total == sum((one.amount for one in firm.expected), Decimal(0))


def test_every_expected_invoice_is_open_in_full_and_its_lines_sum_to_it(firm: Firm, books: Books) -> None:
    audited = {
        (one["wbs1"], one["number"]): one for one in audit(books)["invoices"] if not one["credit_memo"]
    }
    for one in firm.expected:
        found = audited[one.wbs1, one.number]
        assert Decimal(found["original"]) == Decimal(found["balance"]) == one.amount
        assert sum(Decimal(charge["amount"]) for charge in found["charges"]) == one.amount
        assert len(found["charges"]) == one.lines


def test_nothing_else_since_the_start_date_is_owed(firm: Firm, books: Books) -> None:
    expected = {(one.wbs1, one.number) for one in firm.expected}
    for one in audit(books)["invoices"]:
        if one["date"] >= firm.start_date.isoformat() and (one["wbs1"], one["number"]) not in expected:
            assert Decimal(one["balance"]) <= 0


def test_amounts_are_whole_cents(firm: Firm, books: Books) -> None:
    for one in firm.expected:
        for line in books.billing.invoice(one.number, one.wbs1).lines:
            assert line.amount == line.amount.quantize(Decimal("0.01"))


def test_the_books_hold_what_must_be_left_alone(firm: Firm, books: Books) -> None:
    audited = audit(books)
    assert len(books.billing.drafts) == 6
    assert Counter(one.kind for one in books.billing.unposted_documents) == {"pre_invoice": 1, "statement": 1}
    assert [file.batch for file in books.billing.files.values() if not file.posting] == ["INUNPOSTED"]
    assert sum(1 for one in audited["invoices"] if one["credit_memo"]) == 2
    assert sum(1 for one in audited["invoices"] if Decimal(one["original"]) == 0) == 1
    assert sum(1 for one in audited["invoices"] if one["date"] < firm.start_date.isoformat()) == 12
    assert len(audited["receipts"]) == 8


def test_the_firm_is_of_the_size_it_says(firm: Firm, books: Books) -> None:
    assert len({one.name for one in firm.employees}) == 90
    assert len(books.hubs.firms) == 40
    assert sum(1 for wbs in books.hubs.projects if wbs.wbs2 == " ") == 71
    assert 30 <= sum(1 for file in books.billing.files.values() if file.posting) <= 40
    sections = Counter(
        line.section for one in firm.expected for line in books.billing.invoice(one.number).lines
    )
    assert sections.keys() == {"F", "L", "C", "E", "A", "T"}


def test_every_client_has_an_address_and_an_e_mail_at_a_reserved_domain(firm: Firm, books: Books) -> None:
    for client_id, client in books.hubs.firms.items():
        (address,) = books.hubs.addresses[client_id]
        assert address["Address1"]
        assert address["City"]
        assert address["Country"]
        assert client["PrimaryEmail"].endswith(".example")
    assert all(one["Email"].endswith(".example") for one in books.hubs.contacts.values())


def test_projects_name_their_billing_client_and_mostly_a_billing_contact(firm: Firm, books: Books) -> None:
    tops = [row for wbs, row in books.hubs.projects.items() if wbs.wbs2 == " " and wbs.wbs1 != FEE_PROJECT]
    assert all(row["BillingClientID"] in books.hubs.firms for row in tops)
    named = [row for row in tops if row["BillingContactID"]]
    assert 50 < len(named) < len(tops)
    assert all(row["BillingContactID"] in books.hubs.contacts for row in named)
    assert books.hubs.projects[Wbs(FEE_PROJECT)]["ChargeType"] == "H"


def test_two_loads_on_one_day_are_equal(firm: Firm, books: Books) -> None:
    again = Books(source=lambda: NOW)
    assert load(again) == firm
    assert audit(again) == audit(books)


@pytest.mark.parametrize("day", [datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 2, 29, 23, 59, tzinfo=UTC)])
def test_the_firm_may_be_loaded_on_any_day(day: datetime) -> None:
    assert len(load(Books(source=lambda: day)).expected) == 150


def test_the_tenant_file_is_one_that_the_product_takes(firm: Firm, books: Books, tmp_path: Path) -> None:
    path = tmp_path / "tenant.toml"
    path.write_text(tenant_toml("http://127.0.0.1:9/Sandbox/api", firm.start_date))
    tenant = read_file(path, allow_insecure_urls=True)
    assert (tenant.deltek.database, tenant.deltek.username) == (DATABASE, USERNAME)
    assert (tenant.sync.start_date, tenant.deltek.requests_per_second) == (firm.start_date, 200)
    assert tenant.deltek.companies["00"].bank_code in books.settings.banks


def test_the_credentials_open_the_books_over_http(firm: Firm, books: Books) -> None:
    secrets = credentials()
    form = {
        "username": USERNAME,
        "password": secrets["DELTEK_PASSWORD"],
        "grant_type": "password",
        "database": DATABASE,
        "client_id": secrets["DELTEK_CLIENT_ID"],
        "client_secret": secrets["DELTEK_CLIENT_SECRET"],
    }
    with serve(Sandbox(books)) as serving:
        base = f"{serving.url}/Sandbox/api"
        token = requests.post(f"{base}/token", data=form, timeout=10).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        rows = requests.get(f"{base}/ARReview/ARBalance", headers=headers, timeout=10).json()
    known = {row["Invoice"] for row in rows}
    assert {one.number for one in firm.expected} <= known
