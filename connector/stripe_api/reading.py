"""Stripe's JSON into records.

What a resource always has is taken by name, and where it is missing the answer is unreadable; what Stripe may
leave out is None or, for amounts that are then nothing, zero.
"""

from datetime import datetime
from decimal import Decimal

from connector.stripe_api.connection import Json, moment
from connector.stripe_api.records import (
    BalanceEntry,
    CashMove,
    Charge,
    CreditMove,
    CreditNote,
    Dispute,
    EventHint,
    InvoicePayment,
    PaymentIntent,
    PaymentRecord,
    Payout,
    Refund,
    StripeCustomer,
    StripeInvoice,
    WebhookEndpoint,
)


def _id(value: str | Json | None) -> str | None:
    """The id of a reference, which Stripe writes as the id or, expanded, as the object."""
    return value["id"] if isinstance(value, dict) else value


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else moment(seconds)


def customer(row: Json) -> StripeCustomer:
    return StripeCustomer(
        id=row["id"],
        name=row.get("name"),
        email=row.get("email"),
        metadata=row.get("metadata") or {},
        deleted=bool(row.get("deleted")),
        created=_moment(row.get("created")),
    )


def invoice(row: Json) -> StripeInvoice:
    return StripeInvoice(
        id=row["id"],
        status=row["status"],
        number=row.get("number"),
        customer=_id(row.get("customer")),
        currency=row["currency"].upper(),
        total=row["total"],
        amount_due=row["amount_due"],
        amount_paid=row["amount_paid"],
        amount_remaining=row["amount_remaining"],
        amount_overpaid=row.get("amount_overpaid") or 0,
        amount_paid_off_stripe=_paid_off_stripe(row),
        starting_balance=row.get("starting_balance") or 0,
        ending_balance=row.get("ending_balance"),
        pre_payment_credit_notes=row.get("pre_payment_credit_notes_amount") or 0,
        post_payment_credit_notes=row.get("post_payment_credit_notes_amount") or 0,
        metadata=row.get("metadata") or {},
        created=moment(row["created"]),
        due_date=_moment(row.get("due_date")),
        hosted_invoice_url=row.get("hosted_invoice_url"),
        line_count=_line_count(row.get("lines")),
        revises=_id((row.get("from_invoice") or {}).get("invoice")),
        revised_by=_id(row.get("latest_revision")),
    )


def _paid_off_stripe(row: Json) -> int:
    # An answer has it only when asked to expand it (Stripe's changelog, 2026-05-27). Once something was paid,
    # its absence says nothing about how.
    paid_off = row["amount_paid_off_stripe"] if row["amount_paid"] else row.get("amount_paid_off_stripe")
    return paid_off or 0


def _line_count(lines: Json | None) -> int | None:
    return None if lines is None or lines.get("has_more") else len(lines["data"])


def credit_note(row: Json) -> CreditNote:
    return CreditNote(
        id=row["id"],
        invoice=row["invoice"] if isinstance(row["invoice"], str) else row["invoice"]["id"],
        status=row["status"],
        amount=row["amount"],
        pre_payment_amount=row["pre_payment_amount"],
        post_payment_amount=row["post_payment_amount"],
        currency=row["currency"].upper(),
        created=moment(row["created"]),
        memo=row.get("memo"),
        metadata=row.get("metadata") or {},
        refunds=_linked_refunds(row.get("refunds") or []),
    )


def _linked_refunds(entries: list[Json]) -> dict[str, int]:
    """What was paid back of a payment record names no refund."""
    named = ((_id(entry.get("refund")), entry["amount_refunded"]) for entry in entries)
    return {refund: amount for refund, amount in named if refund is not None}


def payment_record(row: Json) -> PaymentRecord:
    return PaymentRecord(
        id=row["id"],
        amount=row["amount_requested"]["value"],
        currency=row["amount_requested"]["currency"].upper(),
        created=moment(row["created"]),
        metadata=row.get("metadata") or {},
    )


def invoice_payment(row: Json) -> InvoicePayment:
    payment = row["payment"]
    return InvoicePayment(
        id=row["id"],
        invoice=row["invoice"] if isinstance(row["invoice"], str) else row["invoice"]["id"],
        status=row["status"],
        amount_requested=row["amount_requested"],
        amount_paid=row.get("amount_paid"),
        currency=row["currency"].upper(),
        created=moment(row["created"]),
        paid_at=_moment((row.get("status_transitions") or {}).get("paid_at")),
        kind=payment["type"],
        payment_intent=_id(payment.get("payment_intent")),
        charge=_id(payment.get("charge")),
        payment_record=_id(payment.get("payment_record")),
    )


def payment_intent(row: Json) -> PaymentIntent:
    return PaymentIntent(
        id=row["id"],
        status=row["status"],
        amount=row["amount"],
        amount_received=row.get("amount_received") or 0,
        currency=row["currency"].upper(),
        created=moment(row["created"]),
        latest_charge=_id(row.get("latest_charge")),
        last_error_message=(row.get("last_payment_error") or {}).get("message"),
    )


def charge(row: Json) -> Charge:
    return Charge(
        id=row["id"],
        status=row["status"],
        amount=row["amount"],
        amount_refunded=row["amount_refunded"],
        currency=row["currency"].upper(),
        created=moment(row["created"]),
        payment_intent=_id(row.get("payment_intent")),
        payment_method_type=(row.get("payment_method_details") or {}).get("type"),
        balance_transaction=_id(row.get("balance_transaction")),
        failure_message=row.get("failure_message"),
    )


def refund(row: Json) -> Refund:
    charge = row.get("charge")
    read_along = charge if isinstance(charge, dict) else {}
    return Refund(
        id=row["id"],
        status=row["status"],
        amount=row["amount"],
        currency=row["currency"].upper(),
        payment_intent=_id(row.get("payment_intent") or read_along.get("payment_intent")),
        charge=_id(charge),
        of_nothing=read_along.get("status") == "failed",
        created=moment(row["created"]),
        failure_reason=row.get("failure_reason"),
        balance_transaction=_id(row.get("balance_transaction")),
        failure_balance_transaction=_id(row.get("failure_balance_transaction")),
        metadata=row.get("metadata") or {},
    )


def dispute(row: Json) -> Dispute:
    entries = [balance_entry(entry) for entry in row.get("balance_transactions") or []]
    return Dispute(
        id=row["id"],
        status=row["status"],
        reason=row["reason"],
        amount=row["amount"],
        currency=row["currency"].upper(),
        charge=_id(row.get("charge")),
        payment_intent=_id(row.get("payment_intent")),
        created=moment(row["created"]),
        withdrawals=tuple(entry for entry in entries if entry.amount < 0),
        reinstatements=tuple(entry for entry in entries if entry.amount > 0),
    )


def balance_entry(row: Json) -> BalanceEntry:
    source = row.get("source")
    read_along = source if isinstance(source, dict) else {}
    return BalanceEntry(
        id=row["id"],
        amount=row["amount"],
        fee=row["fee"],
        net=row["net"],
        currency=row["currency"].upper(),
        created=moment(row["created"]),
        category=row["reporting_category"],
        kind=row["type"],
        description=row.get("description"),
        source=_id(source),
        source_type=read_along.get("object"),
        source_status=read_along.get("status"),
        payment_intent=_id(read_along.get("payment_intent")),
        exchange_rate=_rate(row.get("exchange_rate")),
        charge=read_along["id"] if read_along.get("object") == "charge" else _id(read_along.get("charge")),
        overdrawn_by=_id((read_along.get("adjusted_for_overdraft") or {}).get("linked_transaction")),
    )


def _rate(value: float | Decimal | None) -> Decimal | None:
    """It is a JSON number, with as many digits as it prints."""
    return None if value is None else Decimal(str(value))


def payout(row: Json) -> Payout:
    return Payout(
        id=row["id"],
        status=row["status"],
        amount=row["amount"],
        currency=row["currency"].upper(),
        automatic=row["automatic"],
        created=moment(row["created"]),
        arrival_date=moment(row["arrival_date"]).date(),
        reconciliation_status=row["reconciliation_status"],
        failure_message=row.get("failure_message"),
        failure_balance_transaction=_id(row.get("failure_balance_transaction")),
    )


def credit_move(row: Json) -> CreditMove:
    return CreditMove(
        id=row["id"],
        kind=row["type"],
        amount=row["amount"],
        currency=row["currency"].upper(),
        invoice=_id(row.get("invoice")),
        created=moment(row["created"]),
    )


def cash_move(row: Json) -> CashMove:
    about = row.get(row["type"]) or {}
    return CashMove(
        id=row["id"],
        kind=row["type"],
        net_amount=row["net_amount"],
        ending_balance=row["ending_balance"],
        currency=row["currency"].upper(),
        customer=row["customer"] if isinstance(row["customer"], str) else row["customer"]["id"],
        payment_intent=_id(about.get("payment_intent")),
        created=moment(row["created"]),
    )


def event(row: Json) -> EventHint:
    subject = row["data"]["object"]
    return EventHint(
        id=row["id"],
        type=row["type"],
        created=moment(row["created"]),
        object_type=subject.get("object"),
        object_id=subject.get("id"),
        raw=row,
    )


def webhook_endpoint(row: Json) -> WebhookEndpoint:
    return WebhookEndpoint(
        id=row["id"],
        url=row["url"],
        status=row["status"],
        events=tuple(row["enabled_events"]),
        api_version=row.get("api_version"),
        description=row.get("description"),
    )


def deletion(row: Json) -> None:
    """The answer of a DELETE, which says `deleted`; anything else is not one."""
    if row["deleted"] is not True:
        raise ValueError("not deleted")
