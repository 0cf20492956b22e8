"""`python -m connector.sandbox.stripe --port N`: the stand-in as a process of its own."""

import argparse
import sys

from connector.sandbox.stripe.books import DEFAULT_KEY, Books
from connector.sandbox.stripe.sandbox import Sandbox


def main() -> int:
    """Serves until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m connector.sandbox.stripe", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument("--key", action="append", help=f"an API key; {DEFAULT_KEY} by default")
    given = parser.parse_args()
    with Sandbox(Books(keys=given.key or [DEFAULT_KEY]), port=given.port) as sandbox:
        sys.stdout.write(f"{sandbox.url}\n")
        sys.stdout.flush()
        try:
            sandbox.wait()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
