"""Flower behind a login: `python -m workers.flower`.

FLOWER_BASIC_AUTH holds user:password. Without it Flower's pages would be open to anyone, so a password is made
for this run and said once. Read-only: a task is done again with `ml-connector replay`.
"""

import logging
import os
import secrets

from workers.app import app

logger = logging.getLogger("flower")


def main() -> None:
    login = os.environ.get("FLOWER_BASIC_AUTH")
    if not login:
        login = f"operator:{secrets.token_urlsafe(12)}"
        logger.warning("FLOWER_BASIC_AUTH is not set; the login of this run is %s", login)
    app.start(
        [
            "flower",
            f"--port={os.environ.get('FLOWER_PORT', '5555')}",
            f"--address={os.environ.get('FLOWER_ADDRESS', '127.0.0.1')}",
            f"--basic-auth={login}",
            "--read-only=True",
            "--natural-time=False",
        ]
    )


if __name__ == "__main__":
    main()
