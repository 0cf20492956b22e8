"""Queue receipts: what goes to Deltek."""

from celery import shared_task

from connector.use_cases import perform_operation
from workers.process import runtime


@shared_task(name="receipts.post_receipt")
def post_receipt(operation_id: int) -> None:
    """Post the cash receipt of a movement."""
    perform_operation(runtime(), operation_id)


@shared_task(name="receipts.write_back")
def write_back(operation_id: int) -> None:
    """Write an invoice's state at Stripe to Deltek."""
    perform_operation(runtime(), operation_id)
