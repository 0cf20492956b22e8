"""How a firm is set up, at both systems and in its tenant file: drawn at the beginning of each history."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from hypothesis import strategies as st

from connector.sandbox.vantagepoint.companies import Bank, Company
from tests.support.world import World, tenant_file

CREDITS, FEES = "230.00", "741.00"
MAIN, SECOND, OVERHEAD, INTERIORS = "24001.00", "24002.00", "90001.00", "25001.00"


@dataclass(frozen=True)
class Setting:
    """`overpayments` and `fees`: the tenant file names an account for them."""

    post: bool
    receipts: Literal["files", "single"]
    overpayments: bool
    fees: bool
    open_invoices: Literal["leave", "recreate"]
    memo_direction: Literal["reference", "own"]
    ar_review: bool
    ledger_sign: Literal["positive", "negative"]
    retainage_in_balance: bool
    lists_paid: bool
    negative_totals: bool
    bank_transfers: bool
    companies: int

    def tenant_file(self, world: World) -> str:
        text = tenant_file(
            world.deltek_url,
            receipts=self.receipts,
            post=str(self.post).lower(),
            companies=self._company_lines() + (self._second_company() if self.companies > 1 else ""),
            stripe=f'open_invoices = "{self.open_invoices}"',
        )
        methods = '"us_bank_account", "customer_balance"' if self.bank_transfers else '"us_bank_account"'
        return text.replace('"us_bank_account"', methods)

    def _company_lines(self) -> str:
        overpayments = f'overpayment_account = "{CREDITS}"\n' if self.overpayments else ""
        fees = f'fee_account = "{FEES}"\nfee_project = "{OVERHEAD}"\n' if self.fees else ""
        return overpayments + fees

    def _second_company(self) -> str:
        return f"""
[deltek.companies."01"]
currency = "USD"
bank_code = "STRIPE01"
ar_account = "111.01"
receipts = "{self.receipts}"
post = {str(self.post).lower()}
{self._company_lines()}
"""

    def apply(self, world: World) -> None:
        """Set both stand-ins up, and the tenant."""
        administrator = world.deltek_sandbox.administrator
        administrator.set_options(
            {
                "credit_memo_direction": self.memo_direction,
                "ar_review": self.ar_review,
                "ledger_invoice_sign": self.ledger_sign,
                "balance_contains_retainage": self.retainage_in_balance,
                "ar_review_lists_paid": self.lists_paid,
                "negative_totals": self.negative_totals,
            }
        )
        settings = world.deltek_books.settings
        settings.add_account(CREDITS, "Customer credits", 2)
        settings.add_account(FEES, "Bank charges", 7)
        settings.add_account("111.01", "A/R - Interiors", 1)
        administrator.add_company(Company("01", "Acme Interiors", "USD", ar_account="111.01"))
        administrator.add_bank(Bank("STRIPE01", "01", "103.00", "Stripe clearing"))
        administrator.add_bank(Bank("FIRST01", "01", "101.00", "First Bank"))
        for company in ("00", "01"):
            administrator.set_receipt_mode(company, self.receipts)
        _engage_clients(world)
        world.set_up()
        world.apply(self.tenant_file(world))


def _engage_clients(world: World) -> None:
    """Two clients: one with two projects that may be billed together, one with a project of the other company."""
    world.clients["Riverbend"] = first = world.client()
    world.clients["Lakeside"] = second = world.client("Lakeside Clinic", "pay@lakeside.example")
    world.project(MAIN, first, ["02", "03", "04"])
    world.project(SECOND, first, ["01"], name="Gym")
    world.project(INTERIORS, second, ["01", "02"], name="Lobby")
    world.project("24003.00", second, ["01"], name="Ward")
    world.project(OVERHEAD, first, name="Overhead")


def mostly(*, yes: int, no: int) -> st.SearchStrategy[bool]:
    """Yes is the simpler one."""
    return st.sampled_from([True] * yes + [False] * no)


def settings() -> st.SearchStrategy[Setting]:
    return st.builds(
        Setting,
        post=mostly(yes=2, no=1),
        receipts=st.sampled_from(["files", "files", "files", "single"]),
        overpayments=mostly(yes=2, no=1),
        fees=mostly(yes=1, no=1),
        open_invoices=st.sampled_from(["leave", "recreate"]),
        memo_direction=st.sampled_from(["reference", "own"]),
        ar_review=mostly(yes=5, no=1),
        ledger_sign=st.sampled_from(["positive", "positive", "negative"]),
        retainage_in_balance=mostly(yes=1, no=2).map(lambda one: not one),
        lists_paid=mostly(yes=2, no=1),
        negative_totals=mostly(yes=12, no=1),
        bank_transfers=mostly(yes=1, no=2),
        companies=st.sampled_from([1, 1, 1, 2]),
    ).filter(_can_be_read)


def _can_be_read(setting: Setting) -> bool:
    """Without files there are no documents: then only AR review tells whose an invoice is."""
    return setting.ar_review or setting.receipts == "files"


def cents(amount: int) -> Decimal:
    """Minor units as Deltek has them."""
    return Decimal(amount).scaleb(-2)
