"""The output of a process, line by line, read when there is some."""

import os
from collections.abc import Iterator
from typing import IO

CHUNK = 65536


class Stream:
    """A pipe that one process of the fleet writes to."""

    def __init__(self, name: str, pipe: IO[bytes]) -> None:
        self.name = name
        self.pipe = pipe
        self.ended = False
        self._rest = b""

    def lines(self) -> Iterator[str]:
        """The lines that became whole; at the end of the output also a last one without its newline."""
        chunk = os.read(self.pipe.fileno(), CHUNK)
        self.ended = not chunk
        *whole, self._rest = (self._rest + chunk).split(b"\n")
        if self._rest and (self.ended or len(self._rest) > CHUNK):
            whole.append(self._rest)
            self._rest = b""
        for line in whole:
            yield line.decode(errors="replace").rstrip("\r")
