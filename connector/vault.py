"""Credentials at rest: encrypted, bound to their tenant and their name, rotatable.

Sealed form: version byte, 8 bytes that name the key, 12 bytes of nonce, AES-256-GCM with the binding as
associated data, so that a row copied to another tenant or under another name does not open.
"""

import base64
import os
from hashlib import sha256
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from connector.errors import ConnectorError, UsageError
from connector.secret import Secret

VERSION = b"\x01"
KEY_BYTES = 32
NAME_BYTES = 8
NONCE_BYTES = 12
HOW_TO_MAKE_ONE = (
    'Make one with: python3 -c "import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())"'
)


class CannotOpen(ConnectorError):
    """The credential does not open with any of the keys."""


class Vault:
    """Seals under the first key, opens with any."""

    def __init__(self, keys: list[bytes]) -> None:
        if not keys:
            raise UsageError("CONNECTOR_SECRET_KEYS holds no key", HOW_TO_MAKE_ONE)
        self._keys = {_name_of(key): AESGCM(key) for key in keys}
        self._first = _name_of(keys[0])

    @classmethod
    def from_setting(cls, setting: Secret) -> Self:
        """The vault of CONNECTOR_SECRET_KEYS; raises UsageError that names the key's place, never its text."""
        texts = [text.strip() for text in setting.reveal().split(",") if text.strip()]
        return cls([_decode(text, place) for place, text in enumerate(texts, start=1)])

    def seal(self, secret: Secret, *, tenant_id: int, name: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        body = self._keys[self._first].encrypt(nonce, secret.reveal().encode(), _binding(tenant_id, name))
        return VERSION + self._first + nonce + body

    def open(self, sealed: bytes, *, tenant_id: int, name: str) -> Secret:
        """The credential; raises CannotOpen when no key fits or the row is not what it claims to be."""
        key_name, nonce, body = _parts(sealed)
        key = self._keys.get(key_name)
        refusal = CannotOpen(
            f"The stored credential {name} of tenant {tenant_id} does not open with any key of "
            "CONNECTOR_SECRET_KEYS",
            "Add the key it was stored under, or enter it again with: ml-connector tenant secrets SLUG",
        )
        if key is None or sealed[:1] != VERSION:
            raise refusal
        try:
            return Secret(key.decrypt(nonce, body, _binding(tenant_id, name)).decode())
        except (InvalidTag, ValueError):  # ValueError: cut off in the midst of the nonce
            raise refusal from None

    def is_current(self, sealed: bytes) -> bool:
        """Whether `sealed` is already under the first key."""
        return _parts(sealed)[0] == self._first


def new_key() -> str:
    """A key as CONNECTOR_SECRET_KEYS takes it."""
    return base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode()


def _decode(text: str, place: int) -> bytes:
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise UsageError(
            f"Key {place} of CONNECTOR_SECRET_KEYS is not 32 bytes in urlsafe base64", HOW_TO_MAKE_ONE
        )
    return key


def _name_of(key: bytes) -> bytes:
    return sha256(b"ml-connector key name" + key).digest()[:NAME_BYTES]


def _binding(tenant_id: int, name: str) -> bytes:
    return f"{tenant_id}:{name}".encode()


def _parts(sealed: bytes) -> tuple[bytes, bytes, bytes]:
    nonce_at = 1 + NAME_BYTES
    body_at = nonce_at + NONCE_BYTES
    return sealed[1:nonce_at], sealed[nonce_at:body_at], sealed[body_at:]
