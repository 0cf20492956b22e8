"""The main job through real processes: beat ticks, a worker works, Stripe's webhooks come in through gunicorn."""

from tests.end_to_end.books import differences
from tests.end_to_end.product import Product


def test_what_deltek_posts_is_paid_at_stripe_and_received_in_deltek(product: Product) -> None:
    first, second, third = (product.bill(wbs1) for wbs1 in product.firm(3))
    for name in ("web", "beat", "worker"):
        product.start(name)

    product.pushed(3)
    product.world.pay(first)
    product.world.pay(second, 50000)
    product.receipts(2)

    assert differences(product.world) == []
    assert product.world.deltek_invoice(first)["balance"] == "0.00"
    assert product.world.deltek_invoice(second)["balance"] == "1045.67"
    assert product.world.deltek_invoice(third)["receipts"] == []
