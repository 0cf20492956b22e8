"""What a person can do about a refusal: Deltek's and Stripe's own words on the left, the remedy on the right.

Deltek's messages are those seen in practice (no list is published); a message that is not known keeps its own
text and gets the general remedy. One message may hold several problems: each has its remedy.
"""

import re

from connector.errors import Forbidden, NotFound, Refused, SignInRefused

Remedies = tuple[tuple[str, str], ...]

APPLIED = "in the tenant file, `ml-connector tenant apply` it"
DELTEK_REMEDIES: Remedies = (
    (
        r"\bperiod\b.*\bclosed|\bclosed\b.*\bperiod",
        "Open the accounting period in Deltek, or let the role of the connector's user post to closed periods",
    ),
    (
        r"\b(WBS|project|phase).*(active|dormant|closed|charge)",
        "Make the project and phase active for charging in Deltek",
    ),
    (
        r"\b(WBS|project|phase)",
        "See that the project and phase stand in Deltek as the invoice has them, for the connector's role too",
    ),
    (r"\bbank", f"Correct bank_code (one of the company's own in Deltek) {APPLIED}"),
    (r"\baccount\b", f"Correct ar_account, or the account of fees or overpayments, {APPLIED}"),
    # Of the columns that are cut to a length, RefNo alone has one of the installation's own.
    (
        r"truncated(?!.*column '(?!RefNo))",
        f"Set deltek.refno_length to what `ml-connector ping` says that Deltek allows {APPLIED}",
    ),
    (
        r"\bnegative\b",
        "Allow negative cash receipts in Deltek (or book it there by hand and replay it with --by-hand)",
    ),
    (r"\bapprov", f"Approve the transaction in Deltek, or set post = false for the company {APPLIED}"),
    (
        r"\bgroup transactions",
        f'Set the company\'s receipts to "files" if it uses files to group transactions, else "single", {APPLIED}',
    ),
    (r"\bcompan", "Give the role of the connector's user access to the company in Deltek"),
    (r"\bperiod\b", "Set the accounting period up for the company in Deltek"),
)
NO_POSTING = f"Set post = false for the company (this version posts nothing by its API: people do) {APPLIED}"
STRIPE_REMEDIES: Remedies = (
    (r"email", "Correct the e-mail address of the client's billing contact in Deltek"),
    (r"phone", "Correct the client's telephone number in Deltek"),
    (r"number", "Another Stripe invoice has this number: void or renumber it in Stripe"),
    (
        r"payment_method|payment method",
        f"Activate the payment method in Stripe or change stripe.payment_methods {APPLIED}",
    ),
    (r"country|address", "Correct the client's address in Deltek"),
)


def remedy_for(refusal: Refused) -> str:
    """What to do about `refusal`, on one line."""
    return f"{_what_to_do(refusal)}, then replay"


def _what_to_do(refusal: Refused) -> str:
    if isinstance(refusal, SignInRefused):
        return "Enter the right credentials with `ml-connector tenant secrets SLUG`"
    if isinstance(refusal, Forbidden):
        return f"Give the connector's {_login(refusal)} this right"
    if "PostTransFile" in refusal.message and (isinstance(refusal, NotFound) or refusal.status == 405):
        return NO_POSTING
    table = DELTEK_REMEDIES if refusal.system == "Deltek" else STRIPE_REMEDIES
    problems = f"{refusal.param} {refusal.message}".split("; ")
    found = filter(None, (_remedy(table, problem) for problem in problems))
    return ". ".join(dict.fromkeys(found)) or f"Correct the record in {refusal.system} or the tenant file"


def _remedy(table: Remedies, problem: str) -> str | None:
    return next((remedy for pattern, remedy in table if re.search(pattern, problem, re.IGNORECASE)), None)


def _login(refusal: Refused) -> str:
    return "role in Deltek" if refusal.system == "Deltek" else "restricted key at Stripe"
