"""What Stripe should show of a Deltek firm: its name, and the contact and address that bills go to.

There is no single documented billing e-mail in Vantagepoint. The order of preference: the project's billing
contact, unless it is inactive; the project's billing address; the firm's billing address; a contact flagged billing
or primary; the firm.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

import pycountry

from connector.deltek.records import Address, Contact, Firm, Project
from connector.deltek.vantagepoint import Vantagepoint
from connector.stripe_api.customers import CLIENT_KEY, TENANT_KEY
from connector.stripe_api.records import CustomerDetails, PostalAddress


@dataclass(frozen=True)
class ReadCustomer:
    """`sources` are the ModDates of what was read, so that the next poll knows what it has seen already."""

    client_id: str
    contact_wbs1: str
    details: CustomerDetails
    sources: dict[str, str]

    @property
    def details_hash(self) -> str:
        return sha256(json.dumps(asdict(self.details), sort_keys=True).encode()).hexdigest()


def read_customer(vantagepoint: Vantagepoint, slug: str, client_id: str, wbs1: str) -> ReadCustomer:
    """The firm as it stands, for the project `wbs1` that billed it last."""
    firm = vantagepoint.firm(client_id)
    project = vantagepoint.project(wbs1)
    addresses = vantagepoint.addresses(client_id)
    contact_id = project.billing_contact_id.strip() if project else ""
    named = vantagepoint.contact(contact_id) if contact_id else None
    billing_contact = named if named is not None and named.active else None
    contacts = [billing_contact] if billing_contact else []
    if not any(contact.email.strip() for contact in contacts):
        contacts += _ranked(vantagepoint.contacts(client_id))
    address = _address(addresses, project)
    details = CustomerDetails(
        name=firm.name.strip(),
        email=next(_emails(firm, project, addresses, billing_contact, contacts), None),
        phone=_phone(address, contacts),
        address=_postal(address),
        metadata={TENANT_KEY: slug, CLIENT_KEY: client_id},
    )
    seen = [named, *contacts] if named else contacts
    return ReadCustomer(client_id, wbs1, details, _sources(firm, project, seen))


def stored_details(details: CustomerDetails) -> dict[str, Any]:
    return asdict(details)


def details_from(stored: dict[str, Any]) -> CustomerDetails:
    address = PostalAddress(**stored["address"]) if stored["address"] else None
    return CustomerDetails(**{**stored, "address": address})


def _emails(
    firm: Firm,
    project: Project | None,
    addresses: list[Address],
    billing_contact: Contact | None,
    contacts: list[Contact],
) -> Iterator[str]:
    named = _named_address(addresses, project)
    candidates = [
        billing_contact.email if billing_contact else "",
        named.email if named else "",
        *(address.email for address in addresses if address.billing),
        *(contact.email for contact in contacts if contact.billing or contact.primary),
        firm.email,
    ]
    return (email.strip() for email in candidates if email.strip())


def _address(addresses: list[Address], project: Project | None) -> Address | None:
    named = _named_address(addresses, project)
    by_rank = sorted(addresses, key=lambda address: (not address.billing, not address.primary))
    return named or next(iter(by_rank), None)


def _named_address(addresses: list[Address], project: Project | None) -> Address | None:
    wanted = project.billing_address.strip() if project else ""
    return next((one for one in addresses if wanted and wanted in (one.address_id, one.label)), None)


def _ranked(contacts: list[Contact]) -> list[Contact]:
    active = [contact for contact in contacts if contact.active]
    return sorted(active, key=lambda contact: (not contact.billing, not contact.primary, contact.contact_id))


def _phone(address: Address | None, contacts: list[Contact]) -> str | None:
    candidates = [address.phone if address else "", *(contact.phone for contact in contacts)]
    # Stripe takes 20 characters; a longer one (with an extension, say) is left out rather than cut.
    return next((phone.strip() for phone in candidates if 0 < len(phone.strip()) <= 20), None)


def _postal(address: Address | None) -> PostalAddress | None:
    if address is None:
        return None
    lines = [line.strip() for line in address.lines if line.strip()]
    return PostalAddress(
        line1=lines[0] if lines else "",
        line2=", ".join(lines[1:]),
        city=address.city.strip(),
        state=address.state.strip(),
        postal_code=address.postal_code.strip(),
        country=country_code(address.country),
    )


def country_code(name: str) -> str:
    """ISO 3166 alpha-2 for a country of Deltek's list ("United States"); empty for one that is not known."""
    try:
        found = pycountry.countries.lookup(name.strip())
    except LookupError:
        return ""
    return str(found.alpha_2)


def _sources(firm: Firm, project: Project | None, contacts: list[Contact]) -> dict[str, str]:
    sources = {f"firm {firm.client_id}": firm.modified}
    if project is not None:
        sources[f"project {project.wbs1}"] = project.modified
    return sources | {f"contact {contact.contact_id}": contact.modified for contact in contacts}
