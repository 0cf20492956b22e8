"""Queue invoices: what goes to Stripe."""

from celery import shared_task

from connector.use_cases import perform_operation
from workers.process import runtime


@shared_task(name="invoices.read_client")
def read_client(operation_id: int) -> None:
    """Read a client that Deltek would not give when it was asked."""
    perform_operation(runtime(), operation_id)


@shared_task(name="invoices.align_customer")
def align_customer(operation_id: int) -> None:
    """Bring a Stripe customer in line with its Deltek firm."""
    perform_operation(runtime(), operation_id)


@shared_task(name="invoices.push_invoice")
def push_invoice(operation_id: int) -> None:
    """Bring a Deltek invoice to Stripe."""
    perform_operation(runtime(), operation_id)


@shared_task(name="invoices.settle_invoice")
def settle_invoice(operation_id: int) -> None:
    """Settle at Stripe what Deltek settled by other means."""
    perform_operation(runtime(), operation_id)
