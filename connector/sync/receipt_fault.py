"""What a person did to a receipt of ours in Deltek, told by the receipt as it was written and as it is found."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from connector.deltek.records import ReceiptFound, ReceiptRow
from connector.models import Movement
from connector.money import Money, told
from connector.sync.split_receipt import of_the_invoice
from connector.tenants.description import TenantDescription

Fault = tuple[str, str]  # what is wrong, and what a person can do
CORRECT_IT = (
    "Correct or delete it in Deltek, or keep it so and `ml-connector replay` it with --by-hand; then replay"
)


def fault_of(
    description: TenantDescription,
    movement: Movement,
    number: str,
    found: ReceiptFound | None,
    *,
    once_posted: bool,
) -> Fault | None:
    """What a person did to the receipt of invoice `number`; None for one that is as it was written."""
    if found is None:
        return (
            f"batch {movement.batch} of {movement.spoken} is no more in Deltek: deleted, or its posting undone",
            "If the money is to stay booked, enter it by hand; then `ml-connector replay` it with --by-hand",
        )
    if found.total != movement.money.to_decimal():
        held = told(found.total, movement.currency)
        return (
            f"batch {movement.batch} holds {held} in Deltek, where Stripe moved {movement.money}",
            CORRECT_IT,
        )
    if others := _other_accounts(description, movement, found):
        return (
            f"batch {movement.batch} of {movement.spoken} was moved to account {', '.join(others)} in Deltek",
            CORRECT_IT,
        )
    if not stands_as_written(movement, number, found.rows):
        written = f"on invoice {number}" if movement.settles else "without an invoice"
        return (
            f"batch {movement.batch} of {movement.spoken} was written {written}, and stands elsewhere in Deltek",
            CORRECT_IT,
        )
    if once_posted and found.place != "posted":
        return (
            f"the posting of batch {movement.batch} of {movement.spoken} was undone in Deltek",
            "Post it again in Deltek, or `ml-connector replay` it; if it is booked otherwise, replay it with --by-hand",
        )
    return None


def stands_as_written(movement: Movement, number: str, rows: Iterable[ReceiptRow]) -> bool:
    """Whether the rows put on each project of invoice `number` what was written there, and nothing on another
    invoice; an accountant may have divided it otherwise over the phases of a project."""
    differs: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in of_the_invoice(movement.rows) if number else []:
        differs[row["wbs1"].strip(), number.strip()] -= Money(row["amount"], movement.currency).to_decimal()
    for one in rows:
        if one.invoice.strip():
            differs[one.wbs.wbs1.strip(), one.invoice.strip()] += one.amount
    return not any(differs.values())


def _other_accounts(description: TenantDescription, movement: Movement, found: ReceiptFound) -> list[str]:
    """The accounts of its rows on the invoice that are neither the one written nor what the tenant file says now."""
    company = description.company(movement.company)
    written = {row["account"].strip() for row in of_the_invoice(movement.rows) if row.get("account")}
    known = {*written, company.ar_account.strip()} if company else written
    held = {row.account.strip() for row in found.rows if row.invoice.strip() and row.account.strip()}
    return sorted(held - known) if written else []
