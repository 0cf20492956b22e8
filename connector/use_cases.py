"""Which use case does which unit of work: the one table that workers and the command share."""

from connector import inbox, operations
from connector.models import OperationKind
from connector.operations import UseCase
from connector.runtime import Runtime
from connector.sync.align_customer import align_customer
from connector.sync.handle_event import handle_event
from connector.sync.post_receipt import post_receipt
from connector.sync.push_invoice import push_invoice
from connector.sync.read_client import read_client
from connector.sync.settle_invoice import settle_invoice
from connector.sync.write_back import write_back

USE_CASES: dict[OperationKind, UseCase] = {
    OperationKind.READ_CLIENT: read_client,
    OperationKind.ALIGN_CUSTOMER: align_customer,
    OperationKind.PUSH_INVOICE: push_invoice,
    OperationKind.SETTLE_INVOICE: settle_invoice,
    OperationKind.POST_RECEIPT: post_receipt,
    OperationKind.WRITE_BACK: write_back,
}


def perform_operation(runtime: Runtime, operation_id: int) -> bool:
    """One attempt at the operation, if it is due and free; True if an attempt was made."""
    return operations.perform(runtime, operation_id, USE_CASES)


def handle_stored_event(runtime: Runtime, event_id: int) -> bool:
    """One attempt at the event of the inbox, if it is due and free; True if an attempt was made."""
    return inbox.handle(runtime, event_id, handle_event)
