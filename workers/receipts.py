"""Queue receipts: what goes to Deltek."""

from celery import shared_task

from connector.use_cases import perform_operation
from workers.process import runtime


@shared_task(name="receipts.post_receipt")
def post_receipt(operation_id: int) -> None:
    """Post the cash receipt of a movement."""
    perform_operation(runtime(), operation_id)
