"""The tenants: applied from their files, listed, paused, resumed, deleted."""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from connector import audit
from connector.models import DeltekLogin, Tenant
from connector.tenants.file import as_stored, read_file
from connector.tenants.secrets import forget_login

SIGN_IN_KEYS = {"deltek.url", "deltek.database", "deltek.username", "deltek.integrated"}


@dataclass(frozen=True)
class Applied:
    """What applying a file did: the tenant, whether it is new, and each changed key with old and new value."""

    slug: str
    created: bool
    changes: list[tuple[str, str, str]]


def apply_file(session: Session, path: Path, *, allow_insecure_urls: bool, now: datetime) -> Applied:
    """Create or update the tenant that the file describes; raises UsageError for anything wrong in it."""
    description = read_file(path, allow_insecure_urls=allow_insecure_urls)
    content = as_stored(tomllib.loads(path.read_text("utf-8")))
    # Two files applied at once follow one another.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"tenant {description.slug}"))))
    tenant = session.scalar(select(Tenant).where(Tenant.slug == description.slug))
    if tenant is None:
        tenant = Tenant(slug=description.slug, description=content, next_poll_at=now, created_at=now)
        tenant.paused = description.sync.paused
        session.add(tenant)
        session.flush()
        _note(session, tenant, now, "created tenant", f"Tenant {tenant.slug} was created")
        return Applied(tenant.slug, True, [])
    changes = _differences(tenant.description, content)
    if changes:
        changed = {key for key, _, _ in changes}
        if "sync.paused" in changed:
            tenant.paused = description.sync.paused
        if changed & SIGN_IN_KEYS:
            forget_login(session, tenant)  # the tokens of one address are never shown to another
        tenant.description = content
        tenant.revision += 1
        tenant.next_poll_at = min(tenant.next_poll_at, now + description.sync.poll_every)
        listed = ", ".join(f"{key}: {old} -> {new}" for key, old, new in changes)
        _note(session, tenant, now, "changed tenant", f"Tenant {tenant.slug} was changed: {listed}")
    return Applied(tenant.slug, False, changes)


def all_tenants(session: Session) -> list[Tenant]:
    return list(session.scalars(select(Tenant).order_by(Tenant.slug)))


def pause(session: Session, tenant: Tenant, now: datetime) -> None:
    """Nothing more is asked of either system for the tenant; events go on being stored."""
    tenant.paused = True
    _note(session, tenant, now, "paused tenant", f"Tenant {tenant.slug} was paused")


def resume(session: Session, tenant: Tenant, now: datetime) -> None:
    """Go on after a pause, or after a refused sign-in: it is tried again, once."""
    tenant.paused = False
    tenant.blocked = ""
    tenant.next_poll_at = now
    login = session.get(DeltekLogin, tenant.id)
    if login is not None:
        login.refused = ""
    _note(session, tenant, now, "resumed tenant", f"Tenant {tenant.slug} was resumed")


def delete(session: Session, tenant: Tenant) -> None:
    """Remove the tenant with its credentials and everything that is known of it here; nothing outside changes."""
    # The audit trail refuses deletion; this one transaction is allowed to.
    session.execute(text("SET LOCAL ml_connector.deleting_tenant = 'yes'"))
    session.delete(tenant)
    session.flush()


def _note(session: Session, tenant: Tenant, now: datetime, action: str, summary: str) -> None:
    audit.write(session, tenant_id=tenant.id, at=now, action=action, summary=summary, refs=[tenant.slug])


def _differences(old: dict[str, Any], new: dict[str, Any], prefix: str = "") -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        if isinstance(before, dict) and isinstance(after, dict):
            found += _differences(before, after, f"{prefix}{key}.")
        elif before != after:
            found.append((f"{prefix}{key}", shown(before), shown(after)))
    return found


def shown(value: Any) -> str:
    """A value of the file in a line for a person."""
    match value:
        case None:
            return "(unset)"
        case bool():
            return str(value).lower()
        case list():
            return ", ".join(map(str, value)) or "(none)"
        case _:
            return str(value)
