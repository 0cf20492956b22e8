"""The main job in one piece: a posted invoice goes to Stripe, the client pays, the receipt stands in Deltek."""

from tests.support.world import World


def test_a_posted_invoice_becomes_a_stripe_invoice_with_the_same_lines_number_and_due_date(
    acme: World,
) -> None:
    number = acme.bill({"02": "1200.00", "03": "345.67"})

    acme.poll()
    acme.work()

    at_stripe = acme.stripe_invoice(number)
    assert at_stripe["status"] == "open"
    assert at_stripe["total"] == 154567
    lines = acme.stripe_books.lines[at_stripe["id"]]
    assert sorted(line["amount"] for line in lines) == [34567, 120000]


def test_a_card_payment_becomes_one_posted_receipt_split_over_the_phases(acme: World) -> None:
    number = acme.bill({"02": "1200.00", "03": "345.67"})
    acme.poll()
    acme.work()

    acme.pay(number)
    acme.settle()

    in_deltek = acme.deltek_invoice(number)
    assert in_deltek["balance"] == "0.00"
    (receipt,) = in_deltek["receipts"]
    assert receipt["posted"]
    assert sorted(row["amount"] for row in receipt["wbs"]) == ["1200.00", "345.67"]
