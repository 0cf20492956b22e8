"""The tables, one file a concept. PostgreSQL is the truth: whatever Redis held is found again here."""

from connector.models.audit import AuditEntry
from connector.models.base import Base
from connector.models.customer import Customer
from connector.models.event import Event
from connector.models.invoice import Invoice, InvoiceState
from connector.models.lease import Lease
from connector.models.movement import Movement, MovementKind
from connector.models.operation import Operation, OperationKind
from connector.models.pace import PaceRow
from connector.models.posting import Posting
from connector.models.tenant import Credential, DeltekLogin, Tenant
from connector.models.work import Work, WorkState

__all__ = [
    "AuditEntry",
    "Base",
    "Credential",
    "Customer",
    "DeltekLogin",
    "Event",
    "Invoice",
    "InvoiceState",
    "Lease",
    "Movement",
    "MovementKind",
    "Operation",
    "OperationKind",
    "PaceRow",
    "Posting",
    "Tenant",
    "Work",
    "WorkState",
]
