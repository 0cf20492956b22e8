"""How the command speaks: one JSON document or readable lines to standard output, all else to standard error."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from typing import Any

import click

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")


def show(as_json: bool, document: Any, lines: Callable[[], None]) -> None:
    """The document as JSON, or the same said by `lines`."""
    if as_json:
        click.echo(json.dumps(document, indent=2, default=_plain, ensure_ascii=False))
    else:
        lines()


def table(headings: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[int] = ()) -> None:
    """Columns as wide as their widest cell; the columns in `right` are aligned to the right."""
    cells = [[str(cell) for cell in row] for row in [headings, *rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headings))]
    for row in cells:
        parts = [
            cell.rjust(widths[column]) if column in right else cell.ljust(widths[column])
            for column, cell in enumerate(row)
        ]
        click.echo("  ".join(parts).rstrip())


def say(text: str) -> None:
    """A line for the person at the terminal, which no script reads."""
    click.echo(text, err=True)


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value)
