"""The Procfile: one `name: command` a line, as Heroku reads it (devcenter.heroku.com/articles/procfile)."""

import re
from pathlib import Path

from connector.errors import UsageError

LINE = re.compile(r"([A-Za-z0-9_-]+):\s*(\S.*)")
RELEASE = "release"  # runs to its end before the others start: devcenter.heroku.com/articles/release-phase


def read_procfile(path: Path) -> dict[str, str]:
    """The commands by process name, in the file's order, without empty lines and comments. Raises UsageError
    for any other line that is no command."""
    commands = {}
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        match = LINE.fullmatch(text)
        if match is None:
            raise UsageError(f"{path}, line {number} is not `name: command`")
        commands[match[1]] = match[2]
    return commands
