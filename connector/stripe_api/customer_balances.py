"""A customer's two balances: of credit, which pays invoices without money, and of cash, where transfers arrive."""

from datetime import datetime

from stripe.params import CustomerBalanceTransactionListParams

from connector.stripe_api import reading
from connector.stripe_api.connection import Connection, epoch
from connector.stripe_api.records import CashMove, CreditMove


class CustomerBalances(Connection):
    def credit_moves_of_invoice(self, customer_id: str, invoice_id: str) -> list[CreditMove]:
        """What the invoice took from the customer's credit balance or gave to it, newest first."""
        params: CustomerBalanceTransactionListParams = {"invoice": invoice_id}
        endpoint = "GET /v1/customers/{id}/balance_transactions"
        return list(self._walk(endpoint, reading.credit_move, params, of=customer_id))

    def credit_moves_since(self, customer_id: str, since: datetime) -> list[CreditMove]:
        """What moved the customer's credit balance at `since` or later, newest first."""
        params: CustomerBalanceTransactionListParams = {"created": {"gte": epoch(since)}}
        endpoint = "GET /v1/customers/{id}/balance_transactions"
        return list(self._walk(endpoint, reading.credit_move, params, of=customer_id))

    def retrieve_cash_move(self, customer_id: str, cash_move_id: str) -> CashMove:
        """A movement of the customer's cash balance; Stripe finds it only under its customer."""
        endpoint = "GET /v1/customers/{owner}/cash_balance_transactions/{id}"
        return self._ask(endpoint, reading.cash_move, of=cash_move_id, owner=customer_id)
