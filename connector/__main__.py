"""`python -m connector` is `ml-connector`."""

import sys


def main() -> None:
    """Run the command line; an interruption is one line from the first moment on, imports included."""
    try:
        from connector.cli.main import main as command  # noqa: PLC0415 - so that it is inside the try
    except KeyboardInterrupt:
        sys.stderr.write("ml-connector: interrupted\n")
        sys.exit(1)
    command()


if __name__ == "__main__":
    main()
