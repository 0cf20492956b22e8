"""Credit notes: what a finalised invoice is reduced by.

Source: docs.stripe.com/invoicing/integration/programmatic-credit-notes.
"""

from connector.sandbox.stripe import customer_balance, payment_intents, refunds, settlement
from connector.sandbox.stripe.books import Books, Object
from connector.sandbox.stripe.contract import Params
from connector.sandbox.stripe.errors import invalid, refused
from connector.sandbox.stripe.events import emit, revise
from connector.sandbox.stripe.lists import equal, page, within
from connector.sandbox.stripe.metadata import merged
from connector.sandbox.stripe.presenting import lines_of, view
from connector.sandbox.stripe.routing import PAGING, endpoint

_LINE_TAKES = frozenset(
    {"amount", "description", "invoice_line_item", "metadata", "quantity", "type", "unit_amount"}
)


@endpoint(
    "POST",
    "/v1/credit_notes",
    "credit_note",
    "invoice amount lines credit_amount refund_amount out_of_band_amount refunds memo reason metadata "
    "email_type effective_at",
)
def create(books: Books, params: Params) -> Object:
    """Before payment it lowers what is due; after payment it says where the money goes."""
    invoice = books.named("invoice", params["invoice"], "invoice")
    if invoice["status"] not in (*settlement.OWED, "paid"):
        raise refused("You can only create a credit note for an invoice that is open, paid or uncollectible.")
    lines = [_line(books, invoice, given, index) for index, given in enumerate(params.get("lines", []))]
    total = _total(books, invoice, params, lines)
    before = min(total, invoice["amount_remaining"]) if invoice["status"] in settlement.OWED else 0
    row = _add(books, invoice, params, total, before)
    books.lines[row["id"]] = lines
    _give(books, invoice, row, params)
    emit(books, "credit_note.created", row)
    settlement.close_if_settled(books, invoice)
    return row


@endpoint("POST", "/v1/credit_notes/{id}/void", "credit_note")
def void(books: Books, params: Params, id: str) -> Object:
    """Irreversible; possible only while the invoice is open."""
    row = books.get("credit_note", id)
    invoice = books.table("invoice")[row["invoice"]]
    if row["status"] == "void" or invoice["status"] != "open":
        raise refused("You can only void a credit note that is issued, while its invoice is open.")
    amount = row["pre_payment_amount"]
    _lower_due(books, invoice, -amount)
    settlement.keep_in_step(books, invoice)
    revise(books, row, {"status": "void", "voided_at": books.now()}, "credit_note.voided")
    return row


@endpoint("GET", "/v1/credit_notes/{id}", "credit_note")
def retrieve(books: Books, params: Params, id: str) -> Object:
    return books.get("credit_note", id)


@endpoint("GET", "/v1/credit_notes", "credit_note", f"{PAGING} invoice customer created")
def list_credit_notes(books: Books, params: Params) -> Object:
    def keep(row: Object) -> bool:
        return equal(row, params, "invoice", "customer") and within(row["created"], params.get("created"))

    return page(books.table("credit_note"), keep, params, "/v1/credit_notes")


def _total(books: Books, invoice: Object, params: Params, lines: list[Object]) -> int:
    if ("amount" in params) == bool(lines):
        raise invalid("You must specify exactly one of these parameters: amount, lines.", "amount")
    total: int = params["amount"] if "amount" in params else sum(line["amount"] for line in lines)
    if total < 1:
        raise invalid("The total of a credit note must be positive.", "amount")
    owed = invoice["amount_remaining"] if invoice["status"] in settlement.OWED else 0
    most = owed + _kept(books, invoice, params)
    if total > most:
        raise refused(
            f"The credit note's total ({total}) is more than can be credited on the invoice ({most}).",
            None,
            "amount",
        )
    after = total - min(total, owed)
    if after != _given_back(params):
        raise refused(
            "The sum of credit amount, refund amount, refunds and out of band amount "
            f"({_given_back(params)}) must equal the amount credited after payment ({after})."
        )
    return total


def _kept(books: Books, invoice: Object, params: Params) -> int:
    """What was paid and has not gone back yet, by a credit note or by a refund without one.

    A refund of a payment of several invoices is nobody's in particular, and left out.
    """
    notes = [row for row in books.table("credit_note").values() if row["status"] == "issued"]
    linked = {entry["refund"] for row in notes for entry in row["refunds"]}
    linked |= {entry.get("refund") for entry in params.get("refunds", [])}
    intents = {payment["payment"].get("payment_intent") for payment in settlement.payments(books, invoice)}
    own = {one for one in intents if one and len(payment_intents.payments_of(books, one)) == 1}
    refunded = sum(
        row["amount"]
        for row in books.table("refund").values()
        if row["payment_intent"] in own
        and row["id"] not in linked
        and row["status"] not in ("failed", "canceled")
        and not refunds.is_of_nothing(books, row)
    )
    kept: int = invoice["amount_paid"] - invoice["post_payment_credit_notes_amount"] - refunded
    return kept


def _given_back(params: Params) -> int:
    names = ("credit_amount", "refund_amount", "out_of_band_amount")
    linked: int = sum(each.get("amount_refunded", 0) for each in params.get("refunds", []))
    return linked + sum(int(params.get(name, 0)) for name in names)


def _add(books: Books, invoice: Object, params: Params, total: int, before: int) -> Object:
    after = total - before
    others = [row for row in books.table("credit_note").values() if row["invoice"] == invoice["id"]]
    row = books.add(
        "credit_note",
        {
            "amount": total,
            "amount_shipping": 0,
            "currency": invoice["currency"],
            "customer": invoice["customer"],
            "customer_account": None,
            "customer_balance_transaction": None,
            "discount_amount": 0,
            "discount_amounts": [],
            "effective_at": params.get("effective_at", books.now()),
            "invoice": invoice["id"],
            "livemode": False,
            "memo": params.get("memo"),
            "metadata": merged({}, params.get("metadata")),
            "number": f"{invoice['number']}-CN-{len(others) + 1:02}",
            "out_of_band_amount": params.get("out_of_band_amount"),
            "post_payment_amount": after,
            "pre_payment_amount": before,
            "pretax_credit_amounts": [],
            "reason": params.get("reason"),
            "refunds": [],
            "shipping_cost": None,
            "status": "issued",
            "subtotal": total,
            "subtotal_excluding_tax": total,
            "total": total,
            "total_excluding_tax": total,
            "total_taxes": [],
            "type": "mixed" if before and after else "pre_payment" if before else "post_payment",
            "voided_at": None,
        },
    )
    row["pdf"] = f"https://pay.stripe.com/credit_notes/{books.account}/{row['id']}/pdf?s=ap"
    return row


def _give(books: Books, invoice: Object, row: Object, params: Params) -> None:
    """Lowers what is due and gives the rest back, in the ways asked for."""
    if params.get("refund_amount"):
        refund = refunds.make(books, _latest_charge(books, invoice), params["refund_amount"])
        row["refunds"].append(_refund_entry(refund["id"], refund["amount"]))
    for linked in params.get("refunds", []):
        refund = books.named("refund", linked.get("refund", ""), "refunds[0][refund]")
        row["refunds"].append(_refund_entry(refund["id"], linked["amount_refunded"]))
    credit = params.get("credit_amount", 0)
    if credit:
        customer = books.named("customer", invoice["customer"], "customer")
        about = {"credit_note": row["id"], "invoice": invoice["id"]}
        moved = customer_balance.adjust(books, customer, -credit, "credit_note", invoice["currency"], **about)
        row["customer_balance_transaction"] = moved["id"]
    invoice["post_payment_credit_notes_amount"] += row["post_payment_amount"]
    _lower_due(books, invoice, row["pre_payment_amount"])


def _lower_due(books: Books, invoice: Object, amount: int) -> None:
    changes = {
        "amount_due": invoice["amount_due"] - amount,
        "amount_remaining": invoice["amount_remaining"] - amount,
        "pre_payment_credit_notes_amount": invoice["pre_payment_credit_notes_amount"] + amount,
    }
    revise(books, invoice, changes, "invoice.updated")


def _refund_entry(refund: str, amount: int) -> Object:
    return {"amount_refunded": amount, "payment_record_refund": None, "refund": refund, "type": "refund"}


def _latest_charge(books: Books, invoice: Object) -> Object:
    intents = {payment["payment"].get("payment_intent") for payment in settlement.payments(books, invoice)}
    for charge in reversed(books.table("charge").values()):
        if charge["payment_intent"] in intents and charge["status"] == "succeeded":
            return charge
    raise refused("The invoice has no charge to refund.", None, "refund_amount")


def _line(books: Books, invoice: Object, given: Object, index: int) -> Object:
    for name in given:
        if name not in _LINE_TAKES:
            raise invalid(f"The sandbox does not play the parameter {name} here", f"lines[{index}][{name}]")
    if "amount" in given and "quantity" in given:
        raise invalid("You may only specify one of these parameters: amount, quantity.", f"lines[{index}]")
    amount = given["amount"] if "amount" in given else given.get("quantity", 1) * given.get("unit_amount", 0)
    return {
        "id": f"cnli_1{books.random_text(23)}",
        "object": "credit_note_line_item",
        "amount": amount,
        "description": given.get("description"),
        "discount_amount": 0,
        "discount_amounts": [],
        "invoice_line_item": given.get("invoice_line_item"),
        "livemode": False,
        "metadata": merged({}, given.get("metadata")),
        "pretax_credit_amounts": [],
        "quantity": given.get("quantity"),
        "tax_rates": [],
        "taxes": [],
        "type": given["type"],
        "unit_amount": given.get("unit_amount"),
        "unit_amount_decimal": None,
    }


@view("credit_note")
def _view(books: Books, row: Object) -> Object:
    lines = books.lines.get(row["id"], [])
    return {"lines": lines_of(lines, f"/v1/credit_notes/{row['id']}/lines")}
