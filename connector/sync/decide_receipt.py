"""The cash receipt of a movement, to the last cent: decided once, and committed before anything is written (rule 2)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from connector.deltek.records import CashReceipt, ReceiptRow, Wbs, WbsAmount
from connector.deltek.vantagepoint import Vantagepoint
from connector.errors import Blocked
from connector.models import Invoice, Movement, MovementKind, Operation
from connector.money import Money
from connector.sync.compare_invoice import facts_of
from connector.sync.invoice_in_deltek import receipts_in_ledger
from connector.sync.split_receipt import (
    FEES,
    OF_SEVERAL,
    OVERPAYMENT,
    Rows,
    billed_total,
    kept_over,
    net_rows,
    of_the_invoice,
    on_account,
    spread_again,
    spread_credit,
    spread_payment,
    spread_reversal,
    still_open,
    total,
    wbs_of,
)
from connector.sync.standing import read_standing
from connector.tenants.description import CompanyDescription, TenantDescription
from connector.tenants.file import describe_stored
from connector.work import Attempt

GOES_BACK = (MovementKind.REFUND, MovementKind.DISPUTE)
COMES_AGAIN = {
    MovementKind.REFUND_FAILED: (MovementKind.REFUND,),
    MovementKind.DISPUTE_REINSTATED: (MovementKind.DISPUTE, MovementKind.DISPUTE_REINSTATED),
}


def decided_receipt(
    attempt: Attempt[Operation],
    deltek: Vantagepoint,
    company: CompanyDescription,
    movement: Movement,
    invoice: Invoice | None,
) -> CashReceipt:
    """The receipt; raises Blocked where the money has no place in Deltek.

    It is decided by the books as they are, and anew as long as none was sent: of one that Deltek refused, a person
    may have booked the money meanwhile.
    """
    if movement.written_at is None and not attempt.unit.progress.get("sent"):
        rows, credit = movement.rows, attempt.unit.progress.get("credit", movement.settles)
        if invoice is not None:
            rows = _rows(attempt, deltek, company, invoice, movement, credit)
        if total(rows) != movement.amount:
            raise AssertionError("a receipt's rows must sum to its movement")
        period = _period(deltek, company, movement)
        with attempt.step() as session:
            movement = session.get_one(Movement, movement.id)
            movement.rows = on_account(rows, company.ar_account)
            movement.settles = total(of_the_invoice(rows)) if invoice is not None else 0
            attempt.unit.progress = {**attempt.unit.progress, "period": period, "credit": credit}
    return _receipt(attempt, company, movement, invoice)


def _rows(
    attempt: Attempt[Operation],
    deltek: Vantagepoint,
    company: CompanyDescription,
    invoice: Invoice,
    movement: Movement,
    credit: int,
) -> Rows:
    """`credit` is what the customer's credit at Stripe paid, whatever of it had a place in Deltek before."""
    earlier = _others(attempt, invoice, movement)
    match movement.kind:
        case MovementKind.OVERPAYMENT | MovementKind.OVERPAYMENT_RETURNED:
            _check_over_account(company, movement, invoice)
            return [kept_over(invoice, movement.amount)]
        case MovementKind.CREDIT_APPLIED:
            _check_over_account(company, movement, invoice)
            if credit < 0:
                return _credit_given_back(invoice, credit, earlier)
            return spread_credit(invoice, credit, _open_rows(attempt, deltek, company, invoice, earlier))
        case MovementKind.PAYMENT:
            rows = _open_rows(attempt, deltek, company, invoice, earlier)
            goes_back = _goes_back(attempt, movement)
            if movement.amount > total(rows) + goes_back:
                _check_posted(attempt, deltek, movement, invoice)
            exceeds = company.overpayment_account is not None
            return spread_payment(invoice, movement.amount, rows, may_exceed=exceeds, goes_back=goes_back)
        case _:
            _check_entered(attempt, deltek, movement, invoice, earlier)
            return _reversal(movement, earlier)


def _check_posted(
    attempt: Attempt[Operation], deltek: Vantagepoint, payment: Movement, invoice: Invoice
) -> None:
    """What an undone invoice cannot take, or one that Deltek does not show as a whole, is no overpayment."""
    standing = read_standing(deltek, describe_stored(attempt.tenant.description), facts_of(invoice))
    paid = f"{payment.spoken} was paid on invoice {invoice.number}"
    if standing.problem:
        raise Blocked(f"{paid}, but: {standing.problem}", standing.remedy)
    if not standing.posted:
        raise Blocked(
            f"{paid}, but its posting was undone in Deltek",
            f"Post it again in Deltek, then replay; or refund the client at Stripe{OF_SEVERAL}",
        )


def _check_entered(
    attempt: Attempt[Operation],
    deltek: Vantagepoint,
    movement: Movement,
    invoice: Invoice,
    earlier: Sequence[Movement],
) -> None:
    """Of a payment that a person has closed, Deltek may hold no receipt any more from which money could go back."""
    if movement.kind not in GOES_BACK or not any(
        one.by_hand and _same_payment(one, movement) for one in earlier
    ):
        return
    standing = read_standing(deltek, describe_stored(attempt.tenant.description), facts_of(invoice))
    received = standing.elsewhere + sum(standing.ours.values())
    if not standing.problem and received < -movement.amount:
        raise Blocked(
            f"{-movement.money} went back of a payment that a person has closed, but Deltek has received "
            f"{Money(received, invoice.currency)} on invoice {invoice.number}",
            "If its receipt was entered by hand, post that, then replay; if Deltek holds none of it, `ml-connector "
            "replay` this with --by-hand too",
        )


def _others(attempt: Attempt[Operation], invoice: Invoice, movement: Movement) -> list[Movement]:
    """The other movements of the invoice whose receipts are decided."""
    with attempt.runtime.transaction() as session:
        others = select(Movement).where(Movement.invoice_id == invoice.id, Movement.id != movement.id)
        return [other for other in session.scalars(others.order_by(Movement.id)) if other.rows]


def _goes_back(attempt: Attempt[Operation], payment: Movement) -> int:
    """What of the payment went back to the client already, as far as it is written down; minor units."""
    with attempt.runtime.transaction() as session:
        others = select(Movement).where(Movement.invoice_id == payment.invoice_id, Movement.id != payment.id)
        same = [one for one in session.scalars(others) if _same_payment(one, payment)]
    return max(0, -sum(one.amount for one in same if one.kind not in (MovementKind.PAYMENT,)))


def _check_over_account(company: CompanyDescription, movement: Movement, invoice: Invoice) -> None:
    if company.overpayment_account is not None:
        return
    by = movement.payment_intent or movement.charge or movement.stripe_id
    text = {
        MovementKind.OVERPAYMENT: f"{movement.spoken} was paid over invoice {invoice.number} by {by}: it is the "
        "customer's credit at Stripe, and will pay a later invoice",
        MovementKind.OVERPAYMENT_RETURNED: f"{-movement.money} that was paid over invoice {invoice.number} by {by} "
        "went back",
        MovementKind.CREDIT_APPLIED: f"{movement.spoken} of invoice {invoice.number} was paid by the customer's "
        f"credit at Stripe ({movement.stripe_id}): no cash came in",
    }[movement.kind]
    raise Blocked(
        text,
        "Name overpayment_account for the company in the tenant file, `ml-connector tenant apply` it and replay; "
        "or book it by hand in Deltek and replay it with --by-hand",
    )


def _credit_given_back(invoice: Invoice, credit: int, earlier: Sequence[Movement]) -> Rows:
    applied = net_rows(one for one in earlier if one.kind is MovementKind.CREDIT_APPLIED)
    rows = spread_reversal(of_the_invoice(applied), credit)
    return [*rows, kept_over(invoice, -total(rows))]


def _open_rows(
    attempt: Attempt[Operation],
    deltek: Vantagepoint,
    company: CompanyDescription,
    invoice: Invoice,
    earlier: Sequence[Movement],
) -> Rows:
    projects = sorted({row["wbs1"] for row in invoice.wbs_rows})
    billed = deltek.billed_by_wbs(invoice.wbs1, invoice.number, projects)
    received = deltek.received_by_wbs(invoice.wbs1, invoice.number, projects)
    return still_open(
        invoice,
        billed,
        receipts_in_ledger(deltek, company, invoice.number, projects) if received is None else received,
        [other for other in earlier if not _is_posted(attempt, deltek, company, other)],
        comes_to=_comes_to(describe_stored(attempt.tenant.description), deltek, invoice, billed, projects),
    )


def _comes_to(
    tenant: TenantDescription,
    deltek: Vantagepoint,
    invoice: Invoice,
    billed: Sequence[WbsAmount] | None,
    projects: Sequence[str],
) -> int | None:
    """What the invoice comes to by now; asked only where the rows of AR review leave it in doubt."""
    if billed_total(invoice, billed) in (None, invoice.amount):
        return invoice.amount - invoice.credited if invoice.credited else None
    rows = [row for wbs1 in projects for row in deltek.balances(wbs1, invoice.number) or ()]
    own = [row.original for row in rows if tenant.same_company(row.company, invoice.company)]
    if not own:
        return None
    return Money.from_decimal(sum(own, Decimal(0)), invoice.currency).minor - invoice.retainage


def _reversal(movement: Movement, earlier: Sequence[Movement]) -> Rows:
    """Where the money that now goes back was booked, or where money that comes again was taken from."""
    if movement.kind in COMES_AGAIN:
        taken = [
            one
            for one in earlier
            if one.kind in COMES_AGAIN[movement.kind]
            and (one.stripe_id == movement.stripe_id or movement.kind is not MovementKind.REFUND_FAILED)
            and _same_payment(one, movement)
        ]
        again = [{**row, "amount": -row["amount"]} for row in net_rows(taken)]
        if total(again) < movement.amount:
            raise Blocked(
                f"{movement.money} came again, which is more than our receipts took back of that payment",
                "Look for a reversal entered by hand in Deltek: enter what came again by hand too, then `ml-connector "
                "replay` it with --by-hand",
            )
        return spread_again(again, movement.amount)
    rows = net_rows(one for one in earlier if _same_payment(one, movement) and not _is_over(one))
    if total(rows) < -movement.amount:
        raise Blocked(
            f"{-movement.money} went back, which is more than was received of that payment on the invoice",
            "Look in Deltek for what was entered by hand of that payment; enter by hand what went back of it, then "
            "`ml-connector replay` it with --by-hand",
        )
    return spread_reversal(rows, movement.amount)


def _is_over(movement: Movement) -> bool:
    return movement.kind in (MovementKind.OVERPAYMENT, MovementKind.OVERPAYMENT_RETURNED)


def _same_payment(one: Movement, other: Movement) -> bool:
    """A payment is known by its payment intent; a charge of old has none and stands for itself."""
    if one.payment_intent or other.payment_intent:
        return one.payment_intent == other.payment_intent
    return bool(one.charge) and one.charge == other.charge


def _is_posted(
    attempt: Attempt[Operation], deltek: Vantagepoint, company: CompanyDescription, other: Movement
) -> bool:
    """Whether AR review counts this receipt of ours already."""
    if other.posted_at is not None or other.by_hand:
        return True
    if other.written_at is None:
        return False
    found = deltek.find_receipt(other.batch, company.receipts, ref_no(attempt, other.batch))
    if found is None or found.place != "posted":
        return False
    with attempt.step() as session:
        session.get_one(Movement, other.id).posted_at = attempt.runtime.clock.now()
    return True


def _period(deltek: Vantagepoint, company: CompanyDescription, movement: Movement) -> int:
    """The fiscal period of the receipt's day; a version without Settings/Period has calendar months."""
    found = deltek.fiscal_period(movement.moved_on, company.code)
    return found.period if found else movement.moved_on.year * 100 + movement.moved_on.month


def _receipt(
    attempt: Attempt[Operation], company: CompanyDescription, movement: Movement, invoice: Invoice | None
) -> CashReceipt:
    by = movement.payment_intent or movement.charge or movement.stripe_id
    number = invoice.number if invoice else ""
    return CashReceipt(
        batch=movement.batch,
        ref_no=ref_no(attempt, movement.batch),
        company=movement.company if movement.company.strip() else company.code,
        bank_code=company.bank_code,
        currency=movement.currency,
        received_on=movement.moved_on,
        period=attempt.unit.progress["period"],
        comment=f"Stripe {movement.kind} {movement.stripe_id} ({by})"
        + (f" on invoice {number}" if number else ""),
        description=f"Stripe {by}"[:40],
        rows=tuple(_receipt_row(company, movement.currency, number, row) for row in movement.rows),
    )


def _receipt_row(company: CompanyDescription, currency: str, number: str, row: dict[str, Any]) -> ReceiptRow:
    """What is not the invoice's has the place that the tenant file names at this moment: it may have been corrected."""
    amount, role = Money(row["amount"], currency).to_decimal(), row.get("role")
    if role == FEES:
        return ReceiptRow(Wbs(company.fee_project or ""), "", company.fee_account or "", amount)
    if role == OVERPAYMENT:
        return ReceiptRow(wbs_of(row), "", company.overpayment_account or "", amount)
    return ReceiptRow(
        wbs=wbs_of(row),
        invoice=number,
        account=company.ar_account,
        amount=amount,
        interest=bool(row.get("interest")),
        retainer=bool(row.get("retainer")),
    )


def ref_no(attempt: Attempt[Operation], batch: str) -> str:
    """The receipt's number within its batch, as long as the tenant's Deltek allows."""
    return batch[-describe_stored(attempt.tenant.description).deltek.refno_length :]
