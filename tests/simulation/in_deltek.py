"""What the firm's accountants do in Vantagepoint."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.stateful import precondition

from connector.sandbox.vantagepoint.accountant import Payment
from connector.sandbox.vantagepoint.billing import Invoice, InvoiceFile, InvoiceLine
from connector.sandbox.vantagepoint.receipts import ReceiptFile
from connector.sandbox.vantagepoint.receivables import ItemKey
from tests.simulation.setting import INTERIORS, MAIN, SECOND, cents
from tests.simulation.told import Told, pick, share_of, step

MOST_INVOICES = 4
NUMBERS = st.integers(0, 7)
SHARES = st.sampled_from(["whole", "half", "third", "most", "little"])
AMOUNTS = {
    "two phases": (("02", "600.00"), ("03", "400.00")),
    "one phase": (("02", "1234.56"),),
    "thirds": (("02", "333.33"), ("03", "333.33"), ("04", "333.34")),
    "cents": (("02", "100.01"), ("03", "0.99")),
    "a credit line": (("02", "500.00"), ("03", "-120.05")),
}
VARIATIONS = [
    "plain",
    "plain",
    "plain",
    "plain",
    "other client",
    "group",
    "interest",
    "retainage",
    "tax",
    "second company",
]


class InDeltek(Told):
    """Reads the stand-in's books only."""

    # what stands

    @property
    def today(self) -> date:
        return self.world.clock.now().date()

    def numbers(self) -> list[str]:
        """Of the invoices, memos left out, whether posted or not."""
        files = self.world.deltek_books.billing.files.values()
        found = (one for file in files for one in file.invoices)
        return list(dict.fromkeys(one.number for one in found if one.kind in ("invoice", "interest")))

    def files(self, *, posted: bool) -> list[InvoiceFile]:
        files = self.world.deltek_books.billing.files.values()
        return [file for file in files if (file.posting is not None) == posted]

    def owed(self) -> dict[str, int]:
        """What is unpaid of each posted invoice, in minor units, where anything is."""
        found = {number: sum(self.owed_by_row(number).values()) for number in self.posted_numbers()}
        return {number: amount for number, amount in found.items() if amount > 0}

    def owed_by_row(self, number: str) -> dict[tuple[str, str], int]:
        """By project and phase; memos and receipts are taken off where they stand."""
        found: dict[tuple[str, str], int] = {}
        receivables = self.world.deltek_books.receivables
        projects = {line.wbs1 for line in self.world.deltek_books.billing.invoice(number).lines}
        for key in self._items(number):
            if key.wbs1 not in projects:
                continue
            item = receivables.items[key]
            for row in (*item.charges, *item.receipts):
                if row.sub_type != "R" or row in item.receipts:
                    place = (row.wbs.wbs1, row.wbs.wbs2)
                    found[place] = found.get(place, 0) + int(row.amount.scaleb(2))
        return found

    def _items(self, number: str) -> list[ItemKey]:
        items = self.world.deltek_books.receivables.items
        return [key for key in items if number in (key.invoice, key.credit_memo)]

    def posted_numbers(self) -> list[str]:
        posted = [
            one.number for file in self.files(posted=True) for one in file.invoices if one.kind == "invoice"
        ]
        return list(dict.fromkeys(posted))

    def untouched_numbers(self) -> list[str]:
        """Those posted once, with nothing credited, voided or added."""
        times: dict[str, int] = {}
        for file in self.world.deltek_books.billing.files.values():
            for one in file.invoices:
                number = one.credit_of or one.number
                times[number] = times.get(number, 0) + 1
        return [number for number in self.posted_numbers() if times[number] == 1 and self._is_whole(number)]

    def _is_whole(self, number: str) -> bool:
        """Whether the register has what stands posted: no file of it was deleted."""
        posted = (one for file in self.files(posted=True) for one in file.invoices if one.number == number)
        return next(posted).lines == self.world.deltek_books.billing.invoice(number).lines

    def receipts(self, *, ours: bool, posted: bool | None = None) -> list[ReceiptFile]:
        found = [
            one for one in self.world.deltek_books.receipts.files if (one.entered_by == "MLCONNECTOR") == ours
        ]
        return [one for one in found if posted is None or (one.posting is not None) == posted]

    # billing

    @precondition(lambda self: len(self.numbers()) < MOST_INVOICES)
    @step(
        amounts=st.sampled_from(list(AMOUNTS)),
        variation=st.sampled_from(VARIATIONS),
        due_in=st.sampled_from([30, 30, 10, -5]),
    )
    def bill(self, amounts: str, variation: str, due_in: int) -> None:
        self.bill_so(amounts, variation, due_in)

    def bill_so(self, amounts: str, variation: str, due_in: int) -> None:
        invoice = Invoice(MAIN, _lines(amounts), self.today, due=self.today + timedelta(days=due_in))
        invoice = self.varied(invoice, variation)
        posted = self.world.accountant.post_invoice(invoice)
        self.tell(f"posts invoice {posted.number} over {posted.total} ({amounts}, {variation})")

    def varied(self, invoice: Invoice, variation: str) -> Invoice:
        if variation == "other client":
            return replace(
                invoice,
                wbs1="24003.00",
                lines=tuple(replace(line, wbs1="24003.00", wbs2="01") for line in invoice.lines),
            )
        if variation == "second company":
            lines = tuple(replace(line, wbs1=INTERIORS, wbs2="01") for line in invoice.lines)
            return replace(invoice, wbs1=INTERIORS, company="01", lines=lines)
        if variation == "retainage":
            first, *others = invoice.lines
            return replace(invoice, lines=(replace(first, retainage=Decimal("50.00")), *others))
        more = {
            "group": InvoiceLine(SECOND, Decimal("70.10"), wbs2="01"),
            "interest": InvoiceLine(MAIN, Decimal("3.33"), section="I", wbs2="02"),
            "tax": InvoiceLine(MAIN, Decimal("82.50"), section="T", wbs2="02"),
        }.get(variation)
        return replace(invoice, lines=(*invoice.lines, more)) if more else invoice

    @precondition(lambda self: self.owed())
    @step(which=NUMBERS, share=SHARES)
    def credit_memo(self, which: int, share: str) -> None:
        number = pick(list(self.owed()), which)
        amount = cents(share_of(self.owed()[number], share))
        self.attempt(
            f"credits {amount} of {number} by a memo",
            lambda: self.world.accountant.credit_invoice(number, amount, self.today),
        )

    @precondition(lambda self: self.untouched_numbers())
    @step(which=NUMBERS)
    def void_in_deltek(self, which: int) -> None:
        number = pick(self.untouched_numbers(), which)
        self.attempt(f"voids {number}", lambda: self.world.accountant.void_invoice(number, self.today))

    @precondition(lambda self: self.files(posted=True))
    @step(which=NUMBERS)
    def undo_posting(self, which: int) -> None:
        file = pick(self.files(posted=True)[::-1], which)
        self.tell(f"undoes the posting of {_called(file)}")
        self.world.accountant.undo_posting(file.batch)

    @precondition(lambda self: self.files(posted=False))
    @step(which=NUMBERS)
    def post_again(self, which: int) -> None:
        file = pick(self.files(posted=False), which)
        self.tell(f"posts {_called(file)} again")
        self.world.accountant.post_invoice_file(file.batch)

    posted_again = post_again

    @precondition(lambda self: self.files(posted=False))
    @step(which=NUMBERS)
    def delete_file(self, which: int) -> None:
        file = pick(self.files(posted=False), which)
        self.tell(f"deletes {_called(file)}, whose posting was undone")
        with self.world.deltek_books.lock:
            self.deleted.append(self.world.deltek_books.billing.files.pop(file.batch))

    @precondition(lambda self: self.untouched_numbers())
    @step(which=NUMBERS, cents_more=st.sampled_from([-1, -10_000, 1, 5_050, 20_000]))
    def adjust(self, which: int, cents_more: int) -> None:
        """A correction under the same number (KB109307)."""
        number = pick(self.untouched_numbers(), which)
        invoice = self.world.deltek_books.billing.invoice(number)
        line = replace(invoice.lines[0], amount=cents(cents_more), retainage=Decimal(0), section="L")
        correction = replace(invoice, lines=(line,), dated=self.today)
        if invoice.total + line.amount > 0:
            self.attempt(
                f"corrects {number} by {line.amount}", lambda: self.world.accountant.post_invoice(correction)
            )

    @precondition(lambda self: self.numbers())
    @step(which=NUMBERS, days=st.sampled_from([7, 45]))
    def change_due_date(self, which: int, days: int) -> None:
        number, due = pick(self.numbers(), which), self.today + timedelta(days=days)
        self.attempt(f"{number} is due on {due}", lambda: self.world.accountant.change_due_date(number, due))

    @step(which=NUMBERS)
    def change_email(self, which: int) -> None:
        client = pick(list(self.world.clients), which)
        address = f"new{len(self.story)}@example.com"
        self.tell(f"{client} has the address {address}")
        self.world.accountant.change_address(self.world.clients[client], {"Email": address})

    # receipts that are not ours

    @precondition(lambda self: self.owed())
    @step(which=NUMBERS, share=SHARES, several=st.sampled_from([False, False, True]))
    def record_check(self, which: int, share: str, several: bool) -> None:
        owed = self.owed()
        chosen = pick(list(owed), which)
        company = self.world.deltek_books.billing.invoice(chosen).company
        same = [one for one in owed if self.world.deltek_books.billing.invoice(one).company == company]
        numbers = same if several else [chosen]
        payments = [one for number in numbers for one in self.payments(number, share_of(owed[number], share))]
        total = sum((one.amount for one in payments), Decimal(0))
        self.tell(f"records a check of {total} on {', '.join(numbers)}")
        self.enter_check(payments, company)

    def payments(self, number: str, amount: int) -> list[Payment]:
        """As an accountant spreads it: row after row."""
        found = []
        for (wbs1, wbs2), open_amount in self.owed_by_row(number).items():
            taken = min(amount, max(0, open_amount))
            amount -= taken
            if taken:
                found.append(Payment(number, wbs1, cents(taken), wbs2=wbs2.strip()))
        return found

    def enter_check(self, payments: list[Payment], company: str) -> None:
        number = f"{len(self.receipts(ours=False)) + 1001}"
        bank = "FIRST01" if company == "01" else "FIRST"
        self.world.accountant.record_check(number, self.today, payments, bank, company=company)

    @precondition(lambda self: self.receipts(ours=False, posted=True))
    @step(which=NUMBERS, way=st.sampled_from(["bounces", "is undone"]))
    def check_comes_back(self, which: int, way: str) -> None:
        file = pick(self.receipts(ours=False, posted=True), which)
        if way == "is undone":
            self.tell(f"undoes the posting of check {file.batch}")
            self.world.accountant.undo_posting(file.batch, "CR")
        elif file.receipt.sum > 0 and not self.bounced(file):
            self.tell(f"check {file.batch} bounces")
            self.enter_check(_negated(file), file.company)

    def bounced(self, file: ReceiptFile) -> bool:
        """Whether another check takes exactly this one back."""
        return any(
            one.receipt.sum == -file.receipt.sum
            and one.receipt.details[0]["Invoice"] == file.receipt.details[0]["Invoice"]
            for one in self.receipts(ours=False)
        )

    check_recorded = record_check

    # receipts of ours

    @precondition(lambda self: self.receipts(ours=True, posted=False))
    @step(which=NUMBERS)
    def post_ours(self, which: int) -> None:
        file = pick(self.receipts(ours=True, posted=False), which)
        self.tell(f"posts our batch {file.batch}")
        self.world.accountant.post_receipt_file(file.batch)

    @precondition(lambda self: self.receipts(ours=True, posted=True))
    @step(which=NUMBERS)
    def undo_ours(self, which: int) -> None:
        file = pick(self.receipts(ours=True, posted=True), which)
        self.tell(f"undoes the posting of our batch {file.batch}")
        self.world.accountant.undo_posting(file.batch, "CR")

    @precondition(lambda self: self.receipts(ours=True, posted=False))
    @step(which=NUMBERS)
    def delete_ours(self, which: int) -> None:
        file = pick(self.receipts(ours=True, posted=False), which)
        self.tell(f"deletes our batch {file.batch}")
        self.taken_out.append(file)
        self.world.accountant.delete_receipt_file(file.batch)

    @precondition(lambda self: self.receipts(ours=True, posted=False))
    @step(which=NUMBERS)
    def alter_ours(self, which: int) -> None:
        file = pick(self.receipts(ours=True, posted=False), which)
        if file.batch not in self.altered:
            self.tell(f"alters our batch {file.batch} by a cent")
            before = file.receipt.details[0]["Amount"]
            self.altered[file.batch] = before
            self.world.accountant.alter_receipt_file(file.batch, 0, {"Amount": before + Decimal("0.01")})

    ours_deleted = delete_ours
    ours_undone = undo_ours

    deleted: list[InvoiceFile]
    taken_out: list[ReceiptFile]
    altered: dict[str, Decimal]


def _lines(amounts: str) -> tuple[InvoiceLine, ...]:
    return tuple(InvoiceLine(MAIN, Decimal(amount), wbs2=phase) for phase, amount in AMOUNTS[amounts])


def _called(file: InvoiceFile) -> str:
    what = ", ".join(f"{one.kind.replace('_', ' ')} {one.number}" for one in file.invoices)
    return f"file {file.batch} ({what})"


def _negated(file: ReceiptFile) -> list[Payment]:
    return [
        Payment(
            row["Invoice"],
            row["WBS1"],
            -row["Amount"],
            row["WBS2"].strip(),
            row["WBS3"].strip(),
            row["Account"],
        )
        for row in file.receipt.details
    ]
