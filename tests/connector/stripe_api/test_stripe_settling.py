"""What settles an invoice without a payment through Stripe: credit notes, and payments that are reported."""

import pytest
import responses

from connector.errors import Refused
from connector.stripe_api.gateway import StripeGateway

from .doubles import API, NOW, NOW_EPOCH, credit_note, error, page, payment_record, sent

NOTES = f"{API}/v1/credit_notes"
RECORDS = f"{API}/v1/payment_records"


def test_a_credit_note_is_by_amount_and_sends_no_e_mail(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.post(NOTES, json=credit_note(metadata={"ml_connector": "acme"}))
    made = gateway.create_credit_note(
        "in_1", 1500, memo="Scope reduced", metadata={"ml_connector": "acme"}, idempotency_key="k"
    )
    assert (made.id, made.invoice, made.status, made.amount) == ("cn_1", "in_1", "issued", 1500)
    assert (made.pre_payment_amount, made.post_payment_amount, made.currency) == (1500, 0, "USD")
    assert (made.memo, made.metadata, made.created) == ("Scope reduced", {"ml_connector": "acme"}, NOW)
    assert api.calls[0].request.headers["Idempotency-Key"] == "k"
    assert dict(sent(api.calls[0].request)) == {
        "invoice": "in_1",
        "amount": "1500",
        "memo": "Scope reduced",
        "metadata[ml_connector]": "acme",
        "email_type": "none",
    }


def test_the_credit_notes_of_an_invoice_include_the_voided_ones(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.get(NOTES, json=page(credit_note(id="cn_2", status="void", memo=None), credit_note()))
    found = gateway.credit_notes_of_invoice("in_1")
    assert [(note.id, note.status, note.memo) for note in found] == [
        ("cn_2", "void", None),
        ("cn_1", "issued", "Scope reduced"),
    ]
    assert dict(sent(api.calls[0].request)) == {"limit": "100", "invoice": "in_1"}


def test_a_credit_note_is_voided(api: responses.RequestsMock, gateway: StripeGateway) -> None:
    api.post(f"{NOTES}/cn_1/void", json=credit_note(status="void", invoice={"id": "in_1"}))
    voided = gateway.void_credit_note("cn_1", idempotency_key="k")
    assert (voided.status, voided.invoice) == ("void", "in_1")
    assert api.calls[0].request.headers["Idempotency-Key"] == "k"


def test_a_credit_note_that_is_more_than_remains_is_refused(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.post(NOTES, status=400, json=error("The sum of credit amount, refund amount ... must equal"))
    with pytest.raises(Refused, match="must equal"):
        gateway.create_credit_note("in_1", 9000, memo="m", metadata={}, idempotency_key="k")


def test_a_payment_is_reported_as_one_that_came(api: responses.RequestsMock, gateway: StripeGateway) -> None:
    api.post(f"{RECORDS}/report_payment", json=payment_record())
    made = gateway.report_payment(
        2500, "USD", received_at=NOW, label="Check", metadata={"receipt": "7"}, idempotency_key="k"
    )
    assert made == "pr_1"
    assert api.calls[0].request.headers["Idempotency-Key"] == "k"
    assert dict(sent(api.calls[0].request)) == {
        "amount_requested[currency]": "usd",
        "amount_requested[value]": "2500",
        "initiated_at": str(NOW_EPOCH),
        "outcome": "guaranteed",
        "guaranteed[guaranteed_at]": str(NOW_EPOCH),
        "payment_method_details[type]": "custom",
        "payment_method_details[custom][display_name]": "Check",
        "metadata[receipt]": "7",
    }


def test_reports_are_found_again_by_their_time_and_metadata(
    api: responses.RequestsMock, gateway: StripeGateway
) -> None:
    api.get(RECORDS, json=page(payment_record(metadata={"receipt": "7"})))
    (found,) = gateway.payment_records_created_since(NOW)
    assert (found.id, found.amount, found.currency, found.created) == ("pr_1", 2500, "USD", NOW)
    assert found.metadata == {"receipt": "7"}
    assert dict(sent(api.calls[0].request)) == {"limit": "100", "created_after": str(NOW_EPOCH - 1)}
