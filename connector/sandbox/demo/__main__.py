"""`python -m connector.sandbox.demo [--keep]`."""

import argparse
import signal
import sys
from pathlib import Path

from connector.errors import ConnectorError
from connector.sandbox.demo.show import Show, Unfinished


def main() -> int:
    """0 when both ledgers tie to the cent; 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m connector.sandbox.demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave everything running until Ctrl-C")
    parser.add_argument("--home", type=Path, default=Path(".connector/demo"), help="where its data goes")
    chosen = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(130))
    try:
        return 0 if Show(chosen.home.absolute(), keep=chosen.keep).run() else 1
    except (ConnectorError, Unfinished) as failure:
        sys.stderr.write(f"demo: {failure}\n")
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
