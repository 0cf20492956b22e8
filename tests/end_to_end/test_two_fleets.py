"""Two of everything at once, as when a platform starts a new release before it ends the old one."""

from tests.end_to_end.books import differences
from tests.end_to_end.product import Product


def test_rule_7_two_beats_and_two_workers_do_nothing_twice(product: Product) -> None:
    numbers = [product.bill(wbs1) for wbs1 in product.firm(3) for _ in range(2)]
    product.slow_down(0.02)
    for name in ("web", "beat", "beat", "worker", "worker"):
        product.start(name)

    product.pushed(len(numbers))
    for number in numbers:
        product.world.pay(number)
    product.receipts(len(numbers))

    assert differences(product.world) == []
