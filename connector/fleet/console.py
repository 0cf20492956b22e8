"""The fleet's output for a person: each line behind its process's name, in its colour on a terminal."""

import zlib
from collections.abc import Iterable
from typing import TextIO

COLOURS = (32, 33, 34, 35, 36, 92, 93, 94, 95, 96)  # the readable ones of ECMA-48's `ESC [ n m`


class Console:
    """Writes `web    | line`; call it with a name and a line."""

    def __init__(self, screen: TextIO, names: Iterable[str]) -> None:
        self._screen = screen
        self._width = max(map(len, [*names, "fleet"]))
        self._colours = screen.isatty()

    def __call__(self, name: str, line: str) -> None:
        self._screen.write(f"{self._prefix(name)}{line}\n")
        self._screen.flush()

    def _prefix(self, name: str) -> str:
        prefix = f"{name:<{self._width}} | "
        if not self._colours:
            return prefix
        colour = COLOURS[zlib.crc32(name.encode()) % len(COLOURS)]
        return f"\x1b[{colour}m{prefix}\x1b[0m"
