"""`python -m connector` is `ml-connector`."""

from connector.cli.main import main

main()
