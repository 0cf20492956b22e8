"""The payment methods an invoice can offer, as the pinned SDK's own types name them."""

from typing import get_args

from stripe.params import InvoiceCreateParamsPaymentSettings
from typing_extensions import get_type_hints


def _names(annotation: object) -> set[str]:
    """Every word of the literal types within an annotation."""
    if isinstance(annotation, str):
        return {annotation} - {""}
    return set().union(*(_names(part) for part in get_args(annotation)))


PAYMENT_METHODS = frozenset(
    _names(get_type_hints(InvoiceCreateParamsPaymentSettings)["payment_method_types"])
)
