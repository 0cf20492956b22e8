"""Payouts of Stripe's, and how they tie out against the receipts in Deltek."""

from connector.sync.reconcile_payout import TiedPayout, reconcile_payout
from tests.support.booked import OVERPAYMENTS, PAYOUT_FEES, chart_accounts, name_in_file
from tests.support.settling import one_phase
from tests.support.world import World


def with_accounts(world: World) -> World:
    """Its tenant file names accounts for fees and for overpayments."""
    chart_accounts(world)
    name_in_file(world, f"{PAYOUT_FEES}\n{OVERPAYMENTS}")
    return world


def paid(world: World, amount: str = "1000.00") -> str:
    """An invoice paid by card, its receipt posted; the charge (2.9 % and 0.30 of it are Stripe's)."""
    charge = world.pay(one_phase(world, amount))
    world.settle()
    return str(charge["id"])


def paid_out(world: World, amount: int | None = None) -> str:
    """Stripe pays the balance out, or a person pays `amount` out by hand; the payout."""
    payout = world.stripe_sandbox.dashboard.pay_out(amount)
    world.settle()
    return str(payout["id"])


def payout_of(world: World, payout: str) -> TiedPayout:
    return reconcile_payout(world.runtime, world.tenant(), payout)


def whats(tied: TiedPayout) -> dict[str, int]:
    """The amount of each kind of item."""
    return {item.what: item.amount for item in tied.items}


def said(tied: TiedPayout) -> dict[str, str]:
    """What is said of each kind of item that is no plain receipt."""
    return {item.what: item.no_receipt or item.note for item in tied.items if item.no_receipt or item.note}
