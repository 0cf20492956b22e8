"""`python -m connector.sandbox.vantagepoint --port N [--firm]`: the stand-in as a process of its own."""

import argparse
import contextlib
import sys

from connector.sandbox.firm import load
from connector.sandbox.serving import serve
from connector.sandbox.vantagepoint.app import Sandbox
from connector.sandbox.vantagepoint.books import Books


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="connector.sandbox.vantagepoint", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--instance", default="Sandbox", help="the path before /api")
    parser.add_argument("--firm", action="store_true", help="load the example firm")
    chosen = parser.parse_args(arguments)
    books = Books(instance=chosen.instance)
    if chosen.firm:
        load(books)
    with serve(Sandbox(books), chosen.port) as serving, contextlib.suppress(KeyboardInterrupt):
        sys.stdout.write(f"{serving.url}/{chosen.instance}/api\n")
        sys.stdout.flush()
        serving.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
