"""All pages and no more, whatever a version does with paging and filters."""

from collections.abc import Callable
from typing import Any

import pytest

from connector.deltek.paging import all_rows, pages
from connector.deltek.query import Equals, Query
from connector.errors import Blocked

from .support import Deltek

Rows = list[dict[str, Any]]
Server = Callable[[Rows, dict[str, str]], Rows]
WANTED = Query((Equals("Batch", "B1"),), order="PKey", key=("PKey",))


def table(count: int, batch: str = "B1") -> Rows:
    return [{"PKey": f"{batch}-{number}", "Batch": batch} for number in range(count)]


def well_paged(rows: Rows, query: dict[str, str]) -> Rows:
    size = int(query["pageSize"])
    start = (int(query["page"]) - 1) * size
    return rows[start : start + size]


def never_paged(rows: Rows, query: dict[str, str]) -> Rows:
    return rows


def first_page_only(rows: Rows, query: dict[str, str]) -> Rows:
    return rows[: int(query["pageSize"])]


def cut_at(largest: int) -> Server:
    """Gives no more than `largest` rows and counts pages in the size that it gives."""

    def server(rows: Rows, query: dict[str, str]) -> Rows:
        return well_paged(rows, {**query, "pageSize": str(min(largest, int(query["pageSize"])))})

    return server


def counted_as_asked(largest: int) -> Server:
    """Gives no more than `largest` rows, but counts pages in the size that was asked for."""
    return lambda rows, query: well_paged(rows, query)[:largest]


def read(deltek: Deltek, server: Server, rows: Rows, page_size: int = 20, query: Query = WANTED) -> Rows:
    deltek.answers_by("GET", "PSALedger/IN", lambda sent: server(rows, sent))
    return all_rows(deltek.session(page_size=page_size), "PSALedger/IN", query)


@pytest.mark.parametrize("count", [0, 2, 3, 4, 6, 7])
def test_every_row_is_read_once_in_the_smallest_pages(deltek: Deltek, count: int) -> None:
    assert read(deltek, well_paged, table(count), page_size=3) == table(count)


@pytest.mark.parametrize("count", [0, 1, 9, 10, 19, 20, 21, 40, 45])
@pytest.mark.parametrize(
    "server", [well_paged, cut_at(10), cut_at(12), cut_at(15), counted_as_asked(10), counted_as_asked(19)]
)
def test_every_row_is_read_once(deltek: Deltek, server: Server, count: int) -> None:
    assert read(deltek, server, table(count)) == table(count)


@pytest.mark.parametrize("count", [0, 5, 15, 19, 21, 300])
def test_a_server_that_ignores_paging_gives_everything_once(deltek: Deltek, count: int) -> None:
    assert read(deltek, never_paged, table(count)) == table(count)
    assert len(deltek.requests) <= 2


def test_pages_that_cannot_be_read_on_are_no_whole_answer(deltek: Deltek) -> None:
    with pytest.raises(Blocked) as raised:
        read(deltek, first_page_only, table(50))
    assert raised.value.explained == (
        "Deltek gives the first 20 rows of GET PSALedger/IN for every page. Raise deltek.page_size in the tenant "
        "file above the number of rows that one query can give"
    )


def test_a_few_rows_take_one_request(deltek: Deltek) -> None:
    read(deltek, well_paged, table(9))
    assert len(deltek.requests) == 1


def test_limit_is_never_sent(deltek: Deltek) -> None:
    read(deltek, well_paged, table(45))
    assert all("limit" not in deltek.query(number) for number in range(len(deltek.requests)))
    assert [deltek.query(number)["page"] for number in range(3)] == ["1", "2", "3"]
    assert {deltek.query(number)["pageSize"] for number in range(3)} == {"20"}


def test_a_row_that_comes_on_two_pages_is_read_once(deltek: Deltek) -> None:
    overlapping = [*table(20), *table(20)[15:], {"PKey": "B1-new", "Batch": "B1"}]
    assert read(deltek, well_paged, overlapping) == [*table(20), {"PKey": "B1-new", "Batch": "B1"}]


@pytest.mark.parametrize("hidden", [{"Batch": ""}, {"Batch": None}, {}])
def test_a_column_that_the_role_may_not_see_is_no_empty_answer(
    deltek: Deltek, hidden: dict[str, Any]
) -> None:
    rows = [{"PKey": "1", **hidden}, {"PKey": "2", **hidden}]
    with pytest.raises(Blocked, match="Deltek shows no Batch in GET PSALedger/IN"):
        read(deltek, well_paged, rows)


@pytest.mark.parametrize("key", [(), ("PKey",)])
def test_rows_that_nothing_tells_apart_are_all_kept(deltek: Deltek, key: tuple[str, ...]) -> None:
    twins = [{"PKey": " ", "Batch": "B1", "Amount": 5}] * 2
    assert read(deltek, well_paged, twins, query=Query(key=key)) == twins


def test_rows_outside_of_an_ignored_filter_are_dropped(deltek: Deltek) -> None:
    assert read(deltek, never_paged, [*table(3, "B2"), *table(2)]) == table(2)


def test_an_ignored_filter_does_not_make_it_read_the_whole_ledger(deltek: Deltek) -> None:
    with pytest.raises(Blocked) as raised:
        read(deltek, well_paged, table(5000, "B2"))
    assert raised.value.explained == (
        "Deltek ignores the filter of GET PSALedger/IN: it gives rows outside of it. Set deltek.filter_operators "
        'to the other of "symbols" and "words" in the tenant file'
    )
    assert len(deltek.requests) == 1


def test_pages_are_given_as_they_come(deltek: Deltek) -> None:
    deltek.answers("GET", "PSALedger/IN", table(20))
    found = pages(deltek.session(page_size=20), "PSALedger/IN", WANTED)
    assert next(found) == table(20)
    assert len(deltek.requests) == 1
