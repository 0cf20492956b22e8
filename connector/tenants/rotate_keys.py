"""Every credential is brought under the first key of CONNECTOR_SECRET_KEYS."""

from sqlalchemy import select

from connector.models import Credential, DeltekLogin
from connector.runtime import Runtime


def rotate_keys(runtime: Runtime) -> tuple[int, int]:
    """How many credentials were re-encrypted, of how many; all of them or, with CannotOpen, none."""
    vault = runtime.vault
    rotated = 0
    with runtime.transaction() as session:
        credentials = session.scalars(select(Credential).with_for_update()).all()
        for row in credentials:
            if not vault.is_current(row.sealed):
                plain = vault.open(row.sealed, tenant_id=row.tenant_id, name=row.name)
                row.sealed = vault.seal(plain, tenant_id=row.tenant_id, name=row.name)
                rotated += 1
        for login in session.scalars(select(DeltekLogin).with_for_update()):
            if login.sealed_tokens is not None and not vault.is_current(login.sealed_tokens):
                login.sealed_tokens = None  # the password, under the first key, signs in afresh
    return rotated, len(credentials)
