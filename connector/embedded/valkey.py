"""Valkey: the Redis that carries Celery's messages."""

import secrets
import signal
import socket
import subprocess
from pathlib import Path
from typing import ClassVar

from connector.embedded.account import Account
from connector.embedded.binaries import valkey_server
from connector.embedded.server import Server


class Valkey(Server):
    """Valkey with its append-only file in HOME/valkey and a password of its own for each start."""

    name = "valkey"
    stop_signals: ClassVar = (signal.SIGTERM,)

    def __init__(self, home: Path) -> None:
        super().__init__(home, Account())
        self._password = ""
        self._program = valkey_server()

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    def directory(self) -> Path:
        return self.home / "valkey"

    def prepare(self) -> None:
        self._password = secrets.token_urlsafe(32)  # the last try's may have gone to whoever took its port
        self.directory().mkdir(mode=0o700, exist_ok=True)

    def command(self) -> list[str]:
        return [str(self._program), "-"]  # the settings come on standard input: arguments are for all to read

    def settings(self) -> bytes:
        return "\n".join(
            [
                "bind 127.0.0.1",
                f"port {self.port}",
                f"requirepass {self._password}",
                "appendonly yes",
                'save ""',
                "maxmemory-policy noeviction",  # evicted keys break queues: Celery manual, Using Redis
                "",
            ]
        ).encode()

    def is_ready(self, process: subprocess.Popen[bytes]) -> bool:
        """True once it takes the password, which no other server on that port would."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1.0) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2 and (part := connection.recv(100)):
                    answer += part
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"
