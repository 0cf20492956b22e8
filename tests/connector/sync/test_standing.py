"""How an invoice stands in Deltek, and who settled it (rule 3: a zero, or nothing, is believed only with proof)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import product
from unittest.mock import Mock, patch

import pytest

from connector.errors import Unavailable
from connector.sandbox.vantagepoint import Payment
from connector.sandbox.vantagepoint.wire import Wbs
from connector.sync.standing import InvoiceFacts, Standing, read_standing
from tests.support.deltek import INTERIORS, MAIN, NOVEMBER, SECOND, USER, DeltekFirm, line, open_firm

OURS, OURS_TOO = "STRP" + "A" * 22, "STRP" + "B" * 21 + "7"
NUMBER, BATCH = "000000417", "IN417"


@pytest.fixture
def firm() -> Iterator[DeltekFirm]:
    with open_firm() as opened:
        yield opened


@pytest.fixture(params=["AR review", "AR review of open items", "ledger only", "ledger with its sign turned"])
def billed(request: pytest.FixtureRequest, firm: DeltekFirm) -> DeltekFirm:
    """Invoice 417 over 500.00, in each kind of Vantagepoint that there may be."""
    options: dict[str, dict[str, object]] = {
        "AR review": {},
        "AR review of open items": {"ar_review_lists_paid": False},
        "ledger only": {"ar_review": False},
        "ledger with its sign turned": {"ar_review": False, "ledger_invoice_sign": "negative"},
    }
    firm.admin.set_options(options[request.param])
    firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    return firm


def facts(*projects: str, **changes: object) -> InvoiceFacts:
    known = InvoiceFacts("00", MAIN, NUMBER, projects or (MAIN,), "USD", BATCH)
    return replace(known, **changes)  # type: ignore[arg-type]


def standing(firm: DeltekFirm, *projects: str, **changes: object) -> Standing:
    return read_standing(firm.client, firm.tenant, facts(*projects, **changes))


def stands(charged: int, ours: dict[str, int], elsewhere: int, balance: int) -> Standing:
    return Standing(charged, ours, elsewhere, balance, posted=True)


def test_an_open_invoice_owes_what_was_charged(billed: DeltekFirm) -> None:
    assert standing(billed) == stands(50000, {}, 0, 50000)


def test_our_receipts_and_those_of_others_are_told_apart(billed: DeltekFirm) -> None:
    billed.receive(NUMBER, "100.00", batch=OURS)
    billed.receive(NUMBER, "20.00", batch=OURS_TOO)
    billed.receive(NUMBER, "30.00")
    billed.receive(NUMBER, "5.00", batch="STRP-MADE-BY-HAND")

    assert standing(billed) == stands(50000, {OURS: 10000, OURS_TOO: 2000}, 3500, 34500)


def test_a_receipt_that_was_entered_but_not_posted_does_not_count(billed: DeltekFirm) -> None:
    payment = [Payment(NUMBER, MAIN, Decimal("100.00"))]
    billed.accountant.record_check("1", NOVEMBER, payment, "STRIPE", post=False)

    assert standing(billed) == stands(50000, {}, 0, 50000)


def test_a_check_that_bounced_gives_the_balance_back(billed: DeltekFirm) -> None:
    billed.receive(NUMBER, "500.00")
    billed.receive(NUMBER, "-500.00")

    assert standing(billed) == stands(50000, {}, 0, 50000)


def test_a_check_for_all_of_it_leaves_nothing(billed: DeltekFirm) -> None:
    billed.receive(NUMBER, "500.00")

    assert standing(billed) == stands(50000, {}, 50000, 0)


def test_more_than_is_owed_is_a_balance_below_zero(billed: DeltekFirm) -> None:
    billed.receive(NUMBER, "500.00", batch=OURS)
    billed.receive(NUMBER, "40.00")

    assert standing(billed) == stands(50000, {OURS: 50000}, 4000, -4000)


@pytest.mark.parametrize("direction", ["reference", "own"])
def test_a_credit_memo_lowers_what_is_charged(billed: DeltekFirm, direction: str) -> None:
    billed.admin.set_options({"credit_memo_direction": direction})
    billed.credit(NUMBER, "120.00")
    billed.receive(NUMBER, "30.00")

    assert standing(billed) == stands(38000, {}, 3000, 35000)


@pytest.mark.parametrize("direction", ["reference", "own"])
def test_a_credit_memo_for_all_of_it_leaves_nothing_charged(billed: DeltekFirm, direction: str) -> None:
    billed.admin.set_options({"credit_memo_direction": direction})
    billed.credit(NUMBER, "500.00")

    assert standing(billed) == stands(0, {}, 0, 0)


def test_a_credit_memo_that_a_receipt_of_zero_moved_to_its_invoice_is_no_money(firm: DeltekFirm) -> None:
    firm.admin.set_options({"credit_memo_direction": "own", "ar_review": False})
    firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    memo = firm.credit(NUMBER, "120.00")
    firm.receive_rows(Payment(memo, MAIN, Decimal("-120.00")), Payment(NUMBER, MAIN, Decimal("120.00")))

    assert standing(firm) == stands(38000, {}, 0, 38000)


def test_a_credit_memo_outlives_the_void_of_its_invoice(billed: DeltekFirm) -> None:
    billed.credit(NUMBER, "120.00")
    billed.accountant.void_invoice(NUMBER, NOVEMBER)

    assert standing(billed) == stands(-12000, {}, 0, -12000)


def test_a_void_leaves_nothing_charged(billed: DeltekFirm) -> None:
    billed.accountant.void_invoice(NUMBER, NOVEMBER)

    assert standing(billed) == stands(0, {}, 0, 0)


@pytest.mark.parametrize(("correction", "charged"), [("60.00", 56000), ("-60.00", 44000)])
def test_a_correction_under_the_same_number_is_charged_with_it(
    billed: DeltekFirm, correction: str, charged: int
) -> None:
    billed.bill(line(correction), number=NUMBER)
    billed.receive(NUMBER, "100.00", batch=OURS)

    assert standing(billed) == stands(charged, {OURS: 10000}, 0, charged - 10000)


def test_more_taken_off_than_was_charged_is_a_charge_below_zero(billed: DeltekFirm) -> None:
    billed.bill(line("-600.00"), number=NUMBER)

    assert standing(billed) == stands(-10000, {}, 0, -10000)


def test_offsets_of_work_in_progress_charge_nothing(billed: DeltekFirm) -> None:
    """Some set-ups carry the invoice number on them too."""
    billed.admin.set_options({"wip_offsets": True})
    billed.bill(line("60.00"), number=NUMBER)

    assert standing(billed) == stands(56000, {}, 0, 56000)


def test_a_billing_group_stands_as_one(firm: DeltekFirm) -> None:
    firm.bill(line("500.00"), line("70.00", SECOND), number=NUMBER, batch=BATCH)
    firm.receive(NUMBER, "70.00", wbs1=SECOND, batch=OURS)

    assert standing(firm, MAIN, SECOND) == stands(57000, {OURS: 7000}, 0, 50000)


@pytest.mark.parametrize("ar_review", [True, False])
def test_the_same_number_in_another_company_is_another_invoice(firm: DeltekFirm, ar_review: bool) -> None:
    firm.admin.set_options({"ar_review": ar_review})
    firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    firm.bill(line("900.00", INTERIORS), number=NUMBER, batch="IN901", company="01")
    firm.receive_rows(Payment(NUMBER, INTERIORS, Decimal("900.00")), batch=OURS, company="01")

    assert standing(firm) == stands(50000, {}, 0, 50000)
    other = facts(INTERIORS, company="01", wbs1=INTERIORS, batch="IN901")
    assert read_standing(firm.client, firm.tenant, other) == stands(90000, {OURS: 90000}, 0, 0)


@pytest.mark.parametrize("ar_review", [True, False])
def test_a_credit_memo_that_names_the_number_in_another_company_credits_only_that(
    firm: DeltekFirm, ar_review: bool
) -> None:
    firm.admin.set_options({"credit_memo_direction": "own", "ar_review": ar_review})
    firm.bill(line("900.00", INTERIORS), number=NUMBER, batch="IN901", company="01")
    firm.credit(NUMBER, "120.00")
    firm.bill(line("500.00"), number=NUMBER, batch=BATCH)

    assert standing(firm) == stands(50000, {}, 0, 50000)
    other = facts(INTERIORS, company="01", wbs1=INTERIORS, batch="IN901")
    assert read_standing(firm.client, firm.tenant, other) == stands(78000, {}, 0, 78000)


@pytest.mark.parametrize("ar_review", [True, False])
def test_a_credit_memo_that_names_itself_under_its_invoice_s_number_counts_once(
    firm: DeltekFirm, ar_review: bool
) -> None:
    """Then it answers to both directions of CreditMemoRefNo."""
    firm.admin.set_options({"ar_review": ar_review})
    firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    memo = firm.credit(NUMBER, "120.00")
    client, deltek = firm.client, Mock(wraps=firm.client)
    deltek.credit_memos_of = lambda _: client.credit_memos_of(memo)
    deltek.posted_memo_rows_of = lambda _: client.posted_memo_rows_of(memo)

    assert read_standing(deltek, firm.tenant, facts()) == stands(38000, {}, 0, 38000)


def test_a_receipt_on_another_account_settles_nothing(billed: DeltekFirm) -> None:
    billed.receive(NUMBER, "10.00", account="401.00")

    assert standing(billed) == stands(50000, {}, 0, 50000)


def test_our_receipts_are_known_after_the_tenant_file_named_another_account(firm: DeltekFirm) -> None:
    firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    firm.receive(NUMBER, "200.00", batch=OURS)
    companies = {"00": replace(firm.tenant.deltek.companies["00"], ar_account="112.00")}
    firm.tenant = replace(firm.tenant, deltek=replace(firm.tenant.deltek, companies=companies))

    assert standing(firm) == stands(50000, {OURS: 20000}, 0, 30000)


@pytest.mark.parametrize(("contained", "ar_review"), list(product([True, False], [True, False])))
def test_retainage_is_neither_charged_nor_due(firm: DeltekFirm, contained: bool, ar_review: bool) -> None:
    firm.admin.set_options({"balance_contains_retainage": contained, "ar_review": ar_review})
    firm.bill(line("900.00", retainage=Decimal("100.00")), number=NUMBER, batch=BATCH)
    known = {"retainage": 10000 if contained and ar_review else 0}
    assert standing(firm, **known) == stands(90000, {}, 0, 90000)

    firm.receive(NUMBER, "900.00", batch=OURS)
    assert standing(firm, **known) == stands(90000, {OURS: 90000}, 0, 0)


def test_money_beyond_what_is_due_pays_the_retainage(firm: DeltekFirm) -> None:
    firm.admin.set_options({"balance_contains_retainage": True})
    firm.bill(line("900.00", retainage=Decimal("100.00")), number=NUMBER, batch=BATCH)
    firm.receive(NUMBER, "960.00")
    assert standing(firm, retainage=10000) == stands(90000, {}, 96000, 0)

    firm.receive(NUMBER, "60.00")
    assert standing(firm, retainage=10000) == stands(90000, {}, 102000, -2000)


# what is not believed without proof

HIDING: list[tuple[str, list[str], str]] = [
    ("ARBalance", ["Balance"], "balance reads as 0.00"),
    ("ARBalance", ["Balance", "OriginalAmt"], "balance reads as 0.00"),
    ("PSALedger", ["Amount", "TransactionAmount"], "amounts in the ledger read as 0.00"),
]


@pytest.mark.parametrize(("table", "columns", "problem"), HIDING)
def test_rule_3_a_masked_amount_is_a_problem_with_a_remedy(
    firm: DeltekFirm, table: str, columns: list[str], problem: str
) -> None:
    firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    firm.receive(NUMBER, "200.00", batch=OURS)
    firm.admin.hide(USER, table, columns)

    found = standing(firm)

    assert problem in found.problem
    assert "see" in found.remedy
    assert found.charged is None


def test_rule_3_a_masked_balance_of_what_the_ledger_proves_settled_is_believed(firm: DeltekFirm) -> None:
    firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    firm.receive(NUMBER, "500.00")
    firm.admin.hide(USER, "ARBalance", ["Balance", "OriginalAmt"])

    assert standing(firm) == stands(50000, {}, 50000, 0)


def test_masked_original_amounts_are_not_needed(firm: DeltekFirm) -> None:
    firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    firm.receive(NUMBER, "200.00")
    firm.admin.hide(USER, "ARBalance", ["OriginalAmt"])

    assert standing(firm) == stands(50000, {}, 20000, 30000)


def test_an_open_invoice_that_ar_review_does_not_show_is_a_problem(firm: DeltekFirm) -> None:
    firm.admin.set_options({"ar_review_active_company_only": True})
    firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    firm.books.tokens.login(USER).company = "01"

    assert "AR review does not show it" in standing(firm).problem


def test_an_invoice_that_the_ledger_does_not_show_is_a_problem(firm: DeltekFirm) -> None:
    """Receipts would be hidden with it, and ours taken for others'."""
    firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    firm.books.ledger.remove(firm.books.billing.file(BATCH).posting)  # type: ignore[arg-type]

    assert "the ledger does not show its posting" in standing(firm).problem


def test_a_company_that_left_the_tenant_file_is_a_problem(firm: DeltekFirm) -> None:
    firm.bill(line("500.00"), number=NUMBER, batch=BATCH)

    assert "not in the tenant file" in standing(firm, company="07").problem


def test_an_amount_of_half_a_cent_is_a_problem(firm: DeltekFirm) -> None:
    firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    firm.receive(NUMBER, "0.005")

    assert "cannot be expressed in USD" in standing(firm).problem


# undone postings


def test_an_undone_posting_whose_file_waits_is_proven_unposted(billed: DeltekFirm) -> None:
    billed.receive(NUMBER, "100.00", batch=OURS)
    billed.accountant.undo_posting(BATCH)

    assert standing(billed) == Standing(0, {OURS: 10000}, 0, -10000, posted=False)


def test_the_credit_memo_of_an_undone_invoice_still_counts(billed: DeltekFirm) -> None:
    billed.credit(NUMBER, "120.00")
    billed.accountant.undo_posting(BATCH)

    assert standing(billed) == Standing(-12000, {}, 0, -12000, posted=False)


def test_a_posting_again_is_what_counts(billed: DeltekFirm) -> None:
    billed.accountant.undo_posting(BATCH)
    file = billed.books.billing.file(BATCH)
    file.invoices = [replace(file.invoices[0], lines=(line("450.00"),))]
    billed.accountant.post_invoice_file(BATCH)

    assert standing(billed) == stands(45000, {}, 0, 45000)


def test_a_correction_that_outlives_its_invoice_is_what_its_document_says_and_the_invoice_is_undone(
    billed: DeltekFirm,
) -> None:
    """The ledger's sign is told by the first posting, and that was undone."""
    billed.bill(line("-60.00"), number=NUMBER)
    billed.accountant.undo_posting(BATCH)

    assert standing(billed) == Standing(-6000, {}, 0, -6000, posted=False)


def test_a_further_charge_that_outlives_its_invoice_is_not_the_invoice(billed: DeltekFirm) -> None:
    billed.bill(line("60.00"), number=NUMBER)
    billed.accountant.undo_posting(BATCH)

    assert standing(billed) == Standing(6000, {}, 0, 6000, posted=False)


def test_what_is_posted_in_the_place_of_an_invoice_whose_file_was_deleted_stands(billed: DeltekFirm) -> None:
    billed.bill(line("450.00"), number=NUMBER)
    billed.accountant.undo_posting(BATCH)
    billed.accountant.delete_invoice_file(BATCH)

    assert standing(billed) == stands(45000, {}, 0, 45000)


def delete_file(firm: DeltekFirm) -> None:
    firm.accountant.undo_posting(BATCH)
    del firm.books.billing.files[BATCH]


def test_a_deleted_invoice_is_proven_gone_where_others_of_its_company_show(billed: DeltekFirm) -> None:
    billed.bill(line("300.00"))
    delete_file(billed)

    assert standing(billed) == Standing(0, {}, 0, 0, posted=False)


def nothing_else(firm: DeltekFirm) -> None:
    """Nothing else shows that could prove what the role sees."""


def others_of_another_company(firm: DeltekFirm) -> None:
    firm.bill(line("900.00", INTERIORS), company="01")


def a_project_that_cannot_be_seen(firm: DeltekFirm) -> None:
    firm.bill(line("300.00"))
    del firm.books.hubs.projects[Wbs(MAIN)]


@pytest.mark.parametrize("around", [nothing_else, others_of_another_company, a_project_that_cannot_be_seen])
def test_rule_3_an_invoice_that_nothing_shows_is_not_taken_for_deleted(
    billed: DeltekFirm, around: Callable[[DeltekFirm], None]
) -> None:
    around(billed)
    delete_file(billed)

    found = standing(billed)

    assert "neither its posting nor its file" in found.problem
    assert "If it was deleted, void it at Stripe" in found.remedy


def test_rule_3_an_invoice_whose_file_says_posted_is_not_taken_for_undone(firm: DeltekFirm) -> None:
    firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    firm.bill(line("300.00"))
    firm.admin.limit_companies(USER, ["01"])

    assert "neither its posting nor its file" in standing(firm).problem


# one moment


def test_a_receipt_posted_between_the_reads_is_not_taken_for_another_s(firm: DeltekFirm) -> None:
    firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    asked = firm.client.balances

    def and_meanwhile(wbs1: str, number: str) -> object:
        if OURS not in [file.batch for file in firm.books.receipts.files]:
            firm.receive(NUMBER, "500.00", batch=OURS)
        return asked(wbs1, number)

    with patch.object(firm.client, "balances", and_meanwhile):
        assert standing(firm) == stands(50000, {OURS: 50000}, 0, 0)


def test_an_invoice_that_changes_all_the_while_is_looked_at_later(firm: DeltekFirm) -> None:
    firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    asked = firm.client.balances

    def and_meanwhile(wbs1: str, number: str) -> object:
        firm.receive(NUMBER, "1.00")
        return asked(wbs1, number)

    with (
        patch.object(firm.client, "balances", and_meanwhile),
        pytest.raises(Unavailable, match="being posted to"),
    ):
        standing(firm)


def test_five_requests_tell_how_an_invoice_stands(firm: DeltekFirm) -> None:
    firm.bill(line("500.00"), number=NUMBER, batch=BATCH)
    firm.client.active_company()  # signs in
    before = len(firm.requests())

    standing(firm)

    assert sorted(firm.requests()[before:]) == [
        "GET ARReview/ARBalance",
        "GET ARReview/ARBalance",
        "GET PSALedger/CR",
        "GET PSALedger/IN",
        "GET PSALedger/IN",
    ]
