"""The facade: one object through which the product speaks with one Stripe account."""

from connector.stripe_api.credit_notes import CreditNotes
from connector.stripe_api.customer_balances import CustomerBalances
from connector.stripe_api.customers import Customers
from connector.stripe_api.events import Events
from connector.stripe_api.invoices import Invoices
from connector.stripe_api.movements import Movements
from connector.stripe_api.payment_records import PaymentRecords
from connector.stripe_api.payouts import Payouts
from connector.stripe_api.setup import Setup


class StripeGateway(
    Customers,
    CustomerBalances,
    Invoices,
    CreditNotes,
    PaymentRecords,
    Movements,
    Payouts,
    Events,
    Setup,
):
    """Everything that is asked of Stripe, each part in the module that its name says.

    Every method raises the errors of `connector.errors` and their kin in `connector.stripe_api.errors`:
    Unavailable for want of a usable answer (`outcome_unknown` when it was a write), Refused for a clear no.
    From the pace comes Unavailable for a request that has not left. Nothing is tried a second time here.
    Lists are read page by page while they are walked, so they raise while they are walked.

    A gateway may be made for each piece of work: connections outlive it.
    """
