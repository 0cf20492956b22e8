"""What a person can do about a refusal: Deltek's and Stripe's own words on the left, the remedy on the right.

Deltek's messages are those seen in practice (no list is published); a message that is not known keeps its own
text and gets the general remedy.
"""

import re

from connector.errors import Forbidden, Refused, SignInRefused

DELTEK_REMEDIES = (
    (
        r"closed",
        "Open the accounting period for the connector's user, or change the receipt's date, then replay",
    ),
    (r"\bWBS|project|phase", "Make the project and phase active for charging in Deltek, then replay"),
    (
        r"bank",
        "Correct bank_code of the company in the tenant file, `ml-connector tenant apply` it, then replay",
    ),
    (
        r"account",
        "Correct ar_account of the company in the tenant file, `ml-connector tenant apply` it, then replay",
    ),
    (r"truncated", "Set deltek.refno_length in the tenant file to the length Deltek allows, then replay"),
    (r"negative", "Allow negative cash receipts in Deltek or enter the reversal by hand, then replay"),
    (r"approv", "Approve the transaction in Deltek, or set post = false for the company, then replay"),
    (r"compan", "Give the connector's user access to the company in Deltek, then replay"),
    (r"period", "Check the accounting periods of the company in Deltek, then replay"),
)
STRIPE_REMEDIES = (
    (r"email", "Correct the e-mail address of the client's billing contact in Deltek, then replay"),
    (r"number", "Another Stripe invoice has this number: void or renumber it in Stripe, then replay"),
    (
        r"payment_method|payment method",
        "Activate the payment method in Stripe or change stripe.payment_methods, then replay",
    ),
    (r"country|address", "Correct the client's address in Deltek, then replay"),
    (r"phone", "Correct the client's telephone number in Deltek, then replay"),
)


def remedy_for(refusal: Refused) -> str:
    """One sentence that says what to do about `refusal`."""
    if isinstance(refusal, SignInRefused):
        return "Enter the right credentials with `ml-connector tenant secrets SLUG`, then replay"
    if isinstance(refusal, Forbidden):
        return f"Give the connector's {_login(refusal)} this right, then replay"
    table = DELTEK_REMEDIES if refusal.system == "Deltek" else STRIPE_REMEDIES
    text = f"{refusal.param} {refusal.message}"
    for pattern, remedy in table:
        if re.search(pattern, text, re.IGNORECASE):
            return remedy
    return f"Correct the record in {refusal.system} or the tenant file, then replay"


def _login(refusal: Refused) -> str:
    return "role in Deltek" if refusal.system == "Deltek" else "restricted key at Stripe"
