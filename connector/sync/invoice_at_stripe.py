"""How a Deltek invoice is known at Stripe: its key in the metadata, its number, and its subject."""

from connector.models import Invoice, Tenant
from connector.stripe_api.customers import TENANT_KEY

COMPANY_KEY, WBS1_KEY, NUMBER_KEY = "deltek_company", "deltek_wbs1", "deltek_invoice"


def subject_of(tenant_id: int, invoice_id: int) -> str:
    """What two workers never work on at once."""
    return f"tenant {tenant_id} invoice {invoice_id}"


def metadata_of(tenant: Tenant, invoice: Invoice) -> dict[str, str]:
    """The invoice's key, as it stands in the metadata of its Stripe invoice."""
    return {
        TENANT_KEY: tenant.slug,
        COMPANY_KEY: invoice.company,
        WBS1_KEY: invoice.wbs1,
        NUMBER_KEY: invoice.number,
    }


def same_key(metadata: dict[str, str], wanted: dict[str, str]) -> bool:
    """Whether the metadata name this key; Stripe does not keep blank values, so blanks are compared trimmed."""
    return all(metadata.get(key, "").strip() == value.strip() for key, value in wanted.items())


def number_at_stripe(invoice: Invoice) -> str:
    """Deltek's number; one made again after it was voided has a suffix, since Stripe never frees a number."""
    number = invoice.stripe_number or invoice.number.strip()  # Stripe takes no outer blanks
    return f"{number}-{invoice.revision + 1}" if invoice.revision else number
