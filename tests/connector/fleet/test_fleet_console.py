"""What a person sees of the fleet."""

import io

from connector.fleet.console import Console


class Terminal(io.StringIO):
    """A screen that knows colours."""

    def isatty(self) -> bool:
        return True


def test_each_line_stands_behind_its_process_with_one_margin_for_all() -> None:
    screen = io.StringIO()
    console = Console(screen, ["web", "invoices"])
    console("web", "one")
    console("invoices", "two")
    console("fleet", "three")
    assert screen.getvalue() == "web      | one\ninvoices | two\nfleet    | three\n"


def test_a_terminal_shows_each_process_in_a_colour_of_its_own() -> None:
    screen = Terminal()
    console = Console(screen, ["web"])
    console("web", "one")
    console("web", "two")
    first, second = screen.getvalue().splitlines()
    assert first.startswith("\x1b[")
    assert first.endswith("web   | \x1b[0mone")
    assert second == first.replace("one", "two")
