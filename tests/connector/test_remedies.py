"""A refusal comes with what a person can do about it: something that can be done, and for each problem in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.errors import Forbidden, NotFound, Refused, SignInRefused
from connector.remedies import DELTEK_REMEDIES, STRIPE_REMEDIES, remedy_for

WRITING = "POST DataEntry/crControl was refused: "
POSTING = "PUT DataEntry/PostTransFile was refused: "


def refused(message: str, status: int = 400) -> Refused:
    return Refused("Deltek", message, status=status)


@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        ("Period 202611 is closed.", "Open the accounting period in Deltek"),
        ("Transaction date is in a closed period", "post to closed periods"),
        ("Period 202611 is not valid.", "Set the accounting period up for the company"),
        ("Project 24001.00|02| is not valid.", "See that the project and phase stand in Deltek"),
        ("Project 24001.00|02| is not active.", "Make the project and phase active"),
        ("Project 24001.00 is closed.", "Make the project and phase active"),
        ("WBS1 24001.00 is inactive", "Make the project and phase active"),
        ("Account 111.99 is not valid.", "Correct ar_account"),
        ("Bank code STRIPO is not valid.", "Correct bank_code"),
        (
            "String or binary data would be truncated in table, column 'RefNo'.",
            "Set deltek.refno_length",
        ),
        ("Total cannot be negative.", "Allow negative cash receipts"),
        ("File STRPABC is not approved.", "Approve the transaction in Deltek"),
        (
            "Company 00 does not use files to group transactions.",
            "Set the company's receipts to",
        ),
        ("Company 00 is not valid.", "access to the company in Deltek"),
    ],
)
def test_each_of_deltek_s_known_refusals_has_its_remedy(message: str, remedy: str) -> None:
    assert remedy in remedy_for(refused(WRITING + message))


def test_several_problems_in_one_message_have_each_its_remedy_once() -> None:
    problems = ("Bank code B is not valid.", "Project P is not active.", "Project Q is not active.")

    remedy = remedy_for(refused(WRITING + "; ".join(problems)))

    assert remedy.startswith("Correct bank_code")
    assert remedy.endswith("Make the project and phase active for charging in Deltek, then replay")
    assert remedy.count("Make the project") == 1


def test_a_message_that_nobody_has_seen_yet_has_the_general_remedy() -> None:
    assert remedy_for(refused("GET firm was refused: Something new")) == (
        "Correct the record in Deltek or the tenant file, then replay"
    )


@pytest.mark.parametrize("column", ["Description", "TransComment", "Batch"])
def test_a_text_too_long_is_not_taken_for_refno(column: str) -> None:
    message = f"String or binary data would be truncated in table, column '{column}'."

    assert "refno_length" not in remedy_for(refused(message, 500))


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=22, max_size=22))
def test_a_batch_in_the_path_is_not_taken_for_a_cause(digits: str) -> None:
    path = f"POST DataEntry/crMaster/STRP{digits}%7C{digits[-7:]} was refused: "

    assert "Correct the record in Deltek" in remedy_for(refused(path + "Something new"))


@pytest.mark.parametrize("word", ["BANK", "PHASE", "PERIOD", "CLOSED", "ACCOUNT", "COMPANY", "APPROV"])
def test_a_batch_that_spells_a_cause_is_not_taken_for_it(word: str) -> None:
    path = f"POST DataEntry/crMaster/STRP{word:A>22}%7C{word[-7:]:2>7} was refused: "

    assert "Correct the record in Deltek" in remedy_for(refused(path + "Something new"))


@pytest.mark.parametrize(
    "refusal",
    [
        NotFound("Deltek", POSTING + "Record not found", status=404),
        NotFound("Deltek", POSTING + "status 404", status=404),
        refused(POSTING + "The method is not allowed.", 405),
    ],
)
def test_a_version_that_cannot_post_is_told_from_a_batch_that_is_refused(refusal: Refused) -> None:
    assert "Set post = false" in remedy_for(refusal)
    assert "Open the accounting period" in remedy_for(refused(POSTING + "Period 202611 is closed."))


def test_a_telephone_number_is_not_taken_for_an_invoice_s_number() -> None:
    refusal = Refused("Stripe", "Invalid phone number", status=400, param="phone")

    assert "telephone number" in remedy_for(refusal)


def test_every_remedy_ends_in_the_replay_that_finishes_the_work() -> None:
    refusals = [
        SignInRefused("Deltek", "no", status=400),
        Forbidden("Deltek", "no", status=403),
        Forbidden("Stripe", "no", status=403),
        NotFound("Deltek", POSTING + "no", status=404),
        *(refused(text) for text in ("Bank", "Account", "Something new")),
    ]

    assert all(remedy_for(one).endswith(", then replay") for one in refusals)
    table = [remedy for _, remedy in (*DELTEK_REMEDIES, *STRIPE_REMEDIES)]
    assert not [remedy for remedy in table if remedy.endswith(".") or "then replay" in remedy]
