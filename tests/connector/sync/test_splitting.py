"""How a receipt is spread over WBS rows: by what is open on each, exact to the cent."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.deltek.records import Wbs, WbsAmount
from connector.errors import Blocked
from connector.models import Invoice, Movement, MovementKind
from connector.sync.split_receipt import (
    OVERPAYMENT,
    Rows,
    net_rows,
    of_the_invoice,
    spread_credit,
    spread_payment,
    spread_reversal,
    still_open,
    total,
)

AMOUNTS = st.lists(st.integers(1, 10**9), min_size=1, max_size=8)


def row(phase: str, amount: int) -> dict[str, Any]:
    return {"wbs1": "24001.00", "wbs2": phase, "wbs3": " ", "amount": amount}


def rows_of(amounts: list[int]) -> Rows:
    return [row(f"{index:02}", amount) for index, amount in enumerate(amounts)]


def invoice_over(rows: Rows) -> Invoice:
    return Invoice(number="0001", currency="USD", amount=sum(one["amount"] for one in rows), wbs_rows=rows)


def in_review(rows: Rows) -> list[WbsAmount]:
    return [
        WbsAmount(
            Wbs(one["wbs1"], one["wbs2"], one["wbs3"]), "111.00", Decimal(one["amount"]) / 100, "", "", ""
        )
        for one in rows
    ]


def booked(rows: Rows) -> Movement:
    return Movement(kind=MovementKind.PAYMENT, rows=rows, amount=sum(one["amount"] for one in rows))


def spread(
    invoice: Invoice,
    amount: int,
    billed: list[WbsAmount] | None,
    received: list[WbsAmount],
    waiting: list[Movement],
    *,
    may_exceed: bool = False,
    goes_back: int = 0,
) -> Rows:
    open_rows = still_open(invoice, billed, received, waiting)
    return spread_payment(invoice, amount, open_rows, may_exceed=may_exceed, goes_back=goes_back)


def by_phase(rows: Rows) -> dict[str, int]:
    return {one["wbs2"]: one["amount"] for one in rows}


@given(AMOUNTS, st.data())
def test_a_part_payment_sums_exactly_and_puts_on_no_row_more_than_is_open_there(
    amounts: list[int], data: st.DataObject
) -> None:
    received = [data.draw(st.integers(0, amount)) for amount in amounts]
    left = sum(amounts) - sum(received)
    if not left:
        return
    amount = data.draw(st.integers(1, left))
    rows = rows_of(amounts)

    found = spread(invoice_over(rows), amount, in_review(rows), in_review(rows_of(received)), [])

    assert sum(one["amount"] for one in found) == amount
    opened = {one["wbs2"]: one["amount"] - taken for one, taken in zip(rows, received, strict=True)}
    assert all(0 < one["amount"] <= opened[one["wbs2"]] for one in found)


@given(AMOUNTS, st.lists(st.integers(1, 100), max_size=6))
def test_payments_one_after_the_other_close_every_row_with_the_last(
    amounts: list[int], parts: list[int]
) -> None:
    rows, paid = rows_of(amounts), list[Movement]()
    invoice = invoice_over(rows)
    for percent in parts:
        left = invoice.amount - sum(one.amount for one in paid)
        part = left * percent // 100
        if part:
            paid.append(booked(spread(invoice, part, in_review(rows), [], paid)))
    rest = invoice.amount - sum(one.amount for one in paid)
    if rest:
        paid.append(booked(spread(invoice, rest, in_review(rows), [], paid)))

    assert by_phase(net_rows(paid)) == by_phase(rows)


@given(AMOUNTS, st.lists(st.integers(1, 100), max_size=6))
def test_refunds_in_any_parts_bring_every_row_back_to_exactly_zero(
    amounts: list[int], parts: list[int]
) -> None:
    payment = booked(rows_of(amounts))
    moved = [payment]
    for percent in [*parts, 100]:
        left = sum(one.amount for one in moved)
        part = left * percent // 100
        if part:
            moved.append(booked(spread_reversal(net_rows(moved), -part)))
        assert all(one["amount"] >= 0 for one in net_rows(moved))

    assert net_rows(moved) == []


def test_rows_keep_deltek_s_blanks_as_they_are() -> None:
    rows: Rows = [{"wbs1": "24001.00 ", "wbs2": " ", "wbs3": " ", "amount": 500}]

    (found,) = spread(invoice_over(rows), 500, None, [], [])

    assert (found["wbs1"], found["wbs2"], found["wbs3"]) == ("24001.00 ", " ", " ")


def test_what_was_received_on_a_foreign_row_comes_off_the_others() -> None:
    rows = rows_of([600, 400])

    found = spread(invoice_over(rows), 300, in_review(rows), in_review([row("99", 700)]), [])

    assert by_phase(found) == {"01": 300}


def test_what_was_received_beyond_a_row_comes_off_the_others() -> None:
    rows = rows_of([600, 400])

    found = spread(invoice_over(rows), 200, in_review(rows), in_review([row("00", 800)]), [])

    assert by_phase(found) == {"01": 200}


def test_a_credit_line_is_closed_by_the_payment_of_the_whole_invoice() -> None:
    rows = rows_of([600, -100])

    assert by_phase(spread(invoice_over(rows), 500, in_review(rows), [], [])) == {
        "00": 600,
        "01": -100,
    }


def test_rows_of_ar_review_that_do_not_sum_to_the_invoice_give_way_to_its_document() -> None:
    document, review = rows_of([600, 400]), rows_of([600])

    found = spread(invoice_over(document), 1000, in_review(review), [], [])

    assert by_phase(found) == {"00": 600, "01": 400}


def test_more_than_is_open_is_for_a_person() -> None:
    rows = rows_of([600, 400])

    with pytest.raises(Blocked, match=r"10\.01 USD was paid, but only 10\.00 USD is open on invoice 0001"):
        spread(invoice_over(rows), 1001, in_review(rows), [], [])


def test_our_receipts_that_ar_review_does_not_show_yet_count_as_received() -> None:
    rows = rows_of([600, 400])

    found = spread(invoice_over(rows), 400, in_review(rows), [], [booked([row("00", 600)])])

    assert by_phase(found) == {"01": 400}


def test_what_exceeds_the_invoice_is_kept_apart_where_the_tenant_file_names_a_place() -> None:
    rows = rows_of([600, 400])

    found = spread(invoice_over(rows), 1250, in_review(rows), [], [], may_exceed=True)

    assert by_phase(of_the_invoice(found)) == {"00": 600, "01": 400}
    assert [(one["amount"], one["role"]) for one in found if "role" in one] == [(250, OVERPAYMENT)]


def test_more_than_is_open_may_be_booked_when_it_goes_back_to_the_client() -> None:
    rows = rows_of([600, 400])

    found = spread(invoice_over(rows), 1000, in_review(rows), in_review(rows), [], goes_back=1000)

    assert by_phase(found) == {"00": 600, "01": 400}


def test_what_was_over_the_invoice_goes_back_first() -> None:
    rows = rows_of([600, 400])
    paid = booked(spread(invoice_over(rows), 1250, in_review(rows), [], [], may_exceed=True))

    back = spread_reversal(net_rows([paid]), -300)

    assert total(of_the_invoice(back)) == -50
    assert total(back) == -300


@given(AMOUNTS, st.integers(1, 10**10))
def test_credit_pays_as_much_as_is_open_and_moves_no_cash(amounts: list[int], credit: int) -> None:
    rows = rows_of(amounts)

    found = spread_credit(invoice_over(rows), credit, rows_of(amounts))

    assert total(found) == 0
    assert total(of_the_invoice(found)) == min(credit, sum(amounts))
