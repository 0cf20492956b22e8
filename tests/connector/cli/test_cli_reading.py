"""What the commands say of a tenant's work: readable lines for a person, one JSON document for a script."""

import pytest

from tests.connector.cli.conftest import Command
from tests.support.world import World, tenant_file


@pytest.fixture
def paid(at_acme: World) -> World:
    """One invoice, pushed, paid by card, its receipt posted."""
    number = at_acme.bill({"02": "1200.00", "03": "345.67"}, number="0001001")
    at_acme.poll()
    at_acme.work()
    at_acme.pay(number)
    at_acme.settle()
    return at_acme


def test_ping_checks_item_by_item_and_ends_well(at_acme: World, ml_connector: Command) -> None:
    answer = ml_connector("ping", "acme")

    assert answer.code == 0, answer.out
    assert answer.out.splitlines()[-1] == "all well"
    for item in ("sign-in", "bank code", "A/R account", "accounting period", "API key", "webhook endpoint"):
        assert item in answer.out
    assert answer.err == ""


def test_ping_as_json_is_one_document_with_every_check(at_acme: World, ml_connector: Command) -> None:
    document = ml_connector("ping", "acme", "--json").json

    assert (document["slug"], document["ok"]) == ("acme", True)
    assert {"system", "what", "ok", "message"} == set(document["checks"][0])


def test_ping_names_what_fails_and_ends_with_1(at_acme: World, ml_connector: Command) -> None:
    at_acme.apply(tenant_file(at_acme.deltek_url).replace('"STRIPE"', '"NOWHERE"'))

    answer = ml_connector("ping", "acme")

    assert answer.code == 1
    assert "FAIL  Deltek: company 00: bank code" in answer.out
    assert "no bank code NOWHERE" in answer.out
    assert "1 of " in answer.out.splitlines()[-1]


def test_ping_writes_nothing(at_acme: World, ml_connector: Command) -> None:
    before = len(at_acme.stripe_books.outbox)

    ml_connector("ping", "acme")

    assert at_acme.stripe_invoices() == []
    assert len(at_acme.stripe_books.outbox) == before
    assert at_acme.operations() == []


def test_sync_polls_and_works_the_backlog_off_while_it_says_how_far_it_is(
    at_acme: World, ml_connector: Command
) -> None:
    number = at_acme.bill({"02": "1200.00"})

    answer = ml_connector("sync", "acme", "--wait")

    assert answer.code == 0
    assert answer.out == "acme: 1 invoices at Stripe, 0 receipts in Deltek\n"
    assert "to do" in answer.err
    assert at_acme.stripe_invoice(number)["status"] == "open"


def test_sync_without_wait_leaves_the_work_to_the_workers(at_acme: World, ml_connector: Command) -> None:
    at_acme.bill({"02": "1200.00"})

    document = ml_connector("sync", "acme", "--json").json

    assert document["slug"] == "acme"
    assert document["backlog"] == 2  # the customer, and the invoice that waits for it
    assert at_acme.stripe_invoices() == []


def test_sync_of_one_invoice_reads_that_one(at_acme: World, ml_connector: Command) -> None:
    first, second = at_acme.bill({"02": "1.00"}), at_acme.bill({"02": "2.00"})

    assert ml_connector("sync", "acme", "--invoice", second, "--wait").code == 0

    assert [one["number"] for one in at_acme.stripe_invoices()] == [second]
    assert first != second


def test_status_counts_by_state(paid: World, ml_connector: Command) -> None:
    answer = ml_connector("status")

    assert answer.code == 0
    headings, row = answer.out.splitlines()
    assert headings.split()[:4] == ["tenant", "state", "backlog", "failed"]
    assert row.split()[:4] == ["acme", "active", "0", "0"]
    (tenant,) = ml_connector("status", "acme", "--json").json["tenants"]
    wanted = {"slug": "acme", "backlog": 0, "failed": 0, "invoices_pushed": 1, "receipts_written": 1}
    assert wanted.items() <= tenant.items()


def test_status_shows_what_waits_for_a_person_with_reason_and_remedy(
    at_acme: World, ml_connector: Command
) -> None:
    number = at_acme.bill({"02": "0.30"})
    at_acme.poll()
    at_acme.work()

    answer = ml_connector("status", "acme")

    assert "Stripe charges no less than 0.50 USD" in answer.out
    assert f", push invoice of invoice {number}: " in answer.out
    assert "Collect this invoice outside Stripe" in answer.out
    (tenant,) = ml_connector("status", "--json").json["tenants"]
    assert tenant["failed"] == 1
    (problem,) = tenant["problems"]
    assert problem["invoice"] == number
    replayed = ml_connector("replay", "acme", problem["reference"])
    assert replayed.code == 1
    assert "Stripe charges no less than 0.50 USD" in replayed.out


def test_replay_does_a_failed_unit_again_and_says_what_became_of_it(
    at_acme: World, ml_connector: Command
) -> None:
    number = at_acme.bill({"02": "1200.00"})
    at_acme.poll()
    at_acme.work()

    answer = ml_connector("replay", "acme", number)

    assert answer.code == 0
    assert "push invoice: done" in answer.out
    assert len(at_acme.stripe_invoices()) == 1
    document = ml_connector("replay", "acme", "--failed", "--json").json
    assert document == {"slug": "acme", "results": []}


def test_audit_tells_the_story_from_the_client_to_the_receipt(paid: World, ml_connector: Command) -> None:
    answer = ml_connector("audit", "acme", "0001001")

    actions = [line.split("  ")[1] for line in answer.out.splitlines() if " UTC  " in line]
    assert actions[0] == "read client from Deltek"
    assert actions[-1] == "receipt posted"
    assert "(operation " in answer.out
    assert "1200.00" in answer.out
    document = ml_connector("audit", "acme", "0001001", "--json").json
    assert [entry["action"] for entry in document["entries"]] == actions


def test_reconcile_ties_out_to_the_cent(paid: World, ml_connector: Command) -> None:
    answer = ml_connector("reconcile", "acme")

    assert answer.code == 0
    assert "0001001" in answer.out
    assert "USD: Deltek 0.00 - to post 0.00 - Stripe 0.00 = 0.00" in answer.out
    assert "0 with a difference" in answer.out
    document = ml_connector("reconcile", "acme", "--json").json
    assert document["differences"] == []
    assert document["totals"]["USD"]["difference"] == "0.00"


def test_tenant_list_and_show_tell_the_file_and_the_names_of_the_secrets(
    at_acme: World, ml_connector: Command
) -> None:
    listed = ml_connector("tenant", "list")
    assert listed.out.splitlines()[1].split()[:2] == ["acme", "active"]
    assert ml_connector("tenant", "list", "--json").json["tenants"][0]["slug"] == "acme"

    shown = ml_connector("tenant", "show", "acme")
    assert "bank_code = STRIPE" in shown.out
    assert "post = true" in shown.out
    assert "payment_methods = card, us_bank_account" in shown.out
    assert (
        "secrets stored: DELTEK_CLIENT_ID, DELTEK_CLIENT_SECRET, DELTEK_PASSWORD, STRIPE_API_KEY" in shown.out
    )
    document = ml_connector("tenant", "show", "acme", "--json").json
    assert document["description"]["deltek"]["companies"]["00"]["currency"] == "USD"


def test_a_list_of_no_tenants_is_an_empty_one(ml_connector: Command) -> None:
    assert ml_connector("tenant", "list", "--json").json == {"tenants": []}
    assert ml_connector("status", "--json").json == {"tenants": []}


def test_webhook_register_says_where_the_endpoint_stands_and_does_nothing_the_second_time(
    at_acme: World, ml_connector: Command
) -> None:
    answer = ml_connector("webhook", "register", "acme", "--url", "https://connector.example")

    assert answer.out.endswith("at https://connector.example/webhooks/stripe/acme: stands already\n")
    assert ml_connector("webhook", "register", "acme", "--url", "connector.example").code == 1


def test_keys_rotate_says_how_many(
    at_acme: World, ml_connector: Command, environment: dict[str, str]
) -> None:
    new = "Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA="
    environment["CONNECTOR_SECRET_KEYS"] = f"{new},{environment['CONNECTOR_SECRET_KEYS']}"

    assert ml_connector("keys", "rotate").out.startswith("5 of 5 credentials re-encrypted")
    environment["CONNECTOR_SECRET_KEYS"] = new
    assert ml_connector("keys", "rotate").out.startswith("0 of 5 credentials re-encrypted")
    assert ml_connector("ping", "acme").code == 0
