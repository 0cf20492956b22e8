"""Credit notes: what a finalized invoice is reduced by without a payment."""

from stripe.params import CreditNoteCreateParams, CreditNoteListParams

from connector.stripe_api import reading
from connector.stripe_api.connection import Connection
from connector.stripe_api.invoices import TEXT_LIMIT
from connector.stripe_api.records import CreditNote
from connector.stripe_api.text import shorten


class CreditNotes(Connection):
    def credit_notes_of_invoice(self, invoice_id: str) -> list[CreditNote]:
        """Every credit note of the invoice, voided ones too, newest first."""
        params: CreditNoteListParams = {"invoice": invoice_id}
        return list(self._walk("GET /v1/credit_notes", reading.credit_note, params))

    def create_credit_note(
        self, invoice_id: str, amount: int, *, memo: str, metadata: dict[str, str], idempotency_key: str
    ) -> CreditNote:
        """Lower what is due by `amount`, without an e-mail; an invoice with nothing left due is then paid.

        `memo` is printed on the credit note. It never gives back money that was paid: Stripe wants to be told
        where money goes, and refuses an `amount` that is more than remains (docs.stripe.com/invoicing/
        integration/programmatic-credit-notes).
        """
        params: CreditNoteCreateParams = {
            "invoice": invoice_id,
            "amount": amount,
            "memo": shorten(memo, TEXT_LIMIT),
            "metadata": metadata,
            "email_type": "none",
        }
        return self._ask("POST /v1/credit_notes", reading.credit_note, params, key=idempotency_key)

    def void_credit_note(self, credit_note_id: str, *, idempotency_key: str) -> CreditNote:
        """What is due rises again by it. Irreversible; Stripe refuses once the invoice is not open any more."""
        endpoint = "POST /v1/credit_notes/{id}/void"
        return self._ask(endpoint, reading.credit_note, of=credit_note_id, key=idempotency_key)
