"""Payouts, and the entries of the account's balance that each of them settled."""

from collections.abc import Iterator
from datetime import datetime

from stripe.params import BalanceTransactionListParams, PayoutListParams

from connector.stripe_api import reading
from connector.stripe_api.connection import Connection, epoch
from connector.stripe_api.records import BalanceEntry, Payout


class Payouts(Connection):
    def retrieve_payout(self, payout_id: str) -> Payout:
        return self._ask("GET /v1/payouts/{id}", reading.payout, of=payout_id)

    def payouts_created_since(self, since: datetime) -> Iterator[Payout]:
        """Payouts created at `since` or later, newest first; one of them may fail much later."""
        params: PayoutListParams = {"created": {"gte": epoch(since)}}
        return self._walk("GET /v1/payouts", reading.payout, params)

    def retrieve_balance_entry(self, entry_id: str) -> BalanceEntry:
        return self._ask("GET /v1/balance_transactions/{id}", reading.balance_entry, of=entry_id)

    def entries_of_payout(self, payout_id: str) -> list[BalanceEntry]:
        """What an automatic payout settled, with its sources read along, newest first.

        The payout's own entry is among them: the sum of `net` over all of them is zero. Raises Refused for a
        payout that is not automatic, of which Stripe does not know what it settled.
        """
        params: BalanceTransactionListParams = {"payout": payout_id, "expand": ["data.source"]}
        return list(self._walk("GET /v1/balance_transactions", reading.balance_entry, params))
