"""The credentials of a tenant: their names, and how they are kept and read."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from connector import audit
from connector.errors import Blocked
from connector.models import Credential, DeltekLogin, Tenant
from connector.secret import Secret
from connector.vault import CannotOpen, Vault

DELTEK_NAMES = ("DELTEK_PASSWORD", "DELTEK_CLIENT_ID", "DELTEK_CLIENT_SECRET")
STRIPE_NAMES = ("STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET")
NAMES = DELTEK_NAMES + STRIPE_NAMES


def store_secrets(
    session: Session, vault: Vault, tenant: Tenant, secrets: Mapping[str, Secret], now: datetime
) -> list[str]:
    """Keep the given credentials; returns the names of those that changed, which the audit trail tells too."""
    changed = [name for name, secret in secrets.items() if _differs(session, vault, tenant, name, secret)]
    for name in changed:
        sealed = vault.seal(secrets[name], tenant_id=tenant.id, name=name)
        session.merge(Credential(tenant_id=tenant.id, name=name, sealed=sealed, updated_at=now))
    if changed:
        tenant.revision += 1
        _note(session, tenant, changed, now)
        # Whatever stood in the way may have been a credential: the tenant is tried again at once.
        tenant.blocked = tenant.last_poll_problem = ""
        tenant.poll_needs_person = False
        tenant.next_poll_at = now
    if set(changed) & set(DELTEK_NAMES):
        forget_login(session, tenant)
    return changed


def read_secret(session: Session, vault: Vault, tenant: Tenant, name: str) -> Secret:
    """The credential; raises Blocked when it was never entered, CannotOpen when no key opens it."""
    row = session.get(Credential, (tenant.id, name))
    if row is None:
        raise Blocked(
            f"The credential {name} of tenant {tenant.slug} is missing",
            f"Enter it with: ml-connector tenant secrets {tenant.slug}",
        )
    return vault.open(row.sealed, tenant_id=tenant.id, name=name)


def stored_names(session: Session, tenant: Tenant) -> list[str]:
    return sorted(session.scalars(select(Credential.name).where(Credential.tenant_id == tenant.id)))


def webhook_secrets(session: Session, vault: Vault, tenant: Tenant) -> list[Secret]:
    """The signing secrets that are accepted: one, or two during a rotation."""
    joined = read_secret(session, vault, tenant, "STRIPE_WEBHOOK_SECRET").reveal()
    return [Secret(part.strip()) for part in joined.split(",") if part.strip()]


def forget_login(session: Session, tenant: Tenant) -> None:
    """Sign in afresh next time; a refusal of the old credentials says nothing about the new ones."""
    row = session.get(DeltekLogin, tenant.id)
    if row is not None:
        session.delete(row)
    tenant.login_revision += 1
    tenant.blocked = ""


def _differs(session: Session, vault: Vault, tenant: Tenant, name: str, secret: Secret) -> bool:
    row = session.get(Credential, (tenant.id, name))
    try:
        return row is None or vault.open(row.sealed, tenant_id=tenant.id, name=name) != secret
    except CannotOpen:
        return True  # its key is gone: entering it again is the remedy


def _note(session: Session, tenant: Tenant, names: list[str], now: datetime) -> None:
    summary = f"Credentials of tenant {tenant.slug} were stored: {', '.join(names)}"
    audit.write(
        session, tenant_id=tenant.id, at=now, action="stored credentials", summary=summary, refs=[tenant.slug]
    )
