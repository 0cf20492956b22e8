"""gunicorn for a receiver: threads that wait on the database, and an end to every wait."""

import os

bind = f"0.0.0.0:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 8
timeout = 15
# Heroku sends SIGKILL 30 s after SIGTERM.
graceful_timeout = 25
keepalive = 5
max_requests = 2000
max_requests_jitter = 200
# The default opens a control socket in the home directory.
control_socket_disable = True
# A heartbeat file on a disk can block for as long as the disk does.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
accesslog = None
errorlog = "-"
loglevel = os.environ.get("LOG_LEVEL", "INFO").lower()
