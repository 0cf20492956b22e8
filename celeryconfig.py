"""Celery as a doorbell: the message is one row id, and PostgreSQL remembers what was not finished.

Each setting that is not Celery's default says which failure it prevents.
"""

from kombu.entity import Queue

from connector.doorbell import QUEUES

# JSON only: a pickled message could run code; ids need nothing more.
task_serializer = "json"
result_serializer = "json"
accept_content = ["json"]

# Results are ignored: outcomes are rows. With a Redis result backend a publish would block while Redis is down.
result_backend = None
task_ignore_result = True

# Early acknowledgement. With acks_late Celery 5.7.0 exits when Redis refuses connections while a message is
# unacknowledged, and a dropped connection runs the task in flight twice; the lease remembers, not the broker.
task_acks_late = False
worker_prefetch_multiplier = 1

# Flower shows what is received, started, failed. Arguments are row ids, so nothing of a client is shown.
worker_send_task_events = True
task_send_sent_event = True

# Without a connection a worker keeps trying for ever, also at start: Redis may vanish at any moment.
broker_connection_retry_on_startup = True
broker_connection_max_retries = None
broker_connection_retry_on_shutdown = False
worker_cancel_long_running_tasks_on_connection_loss = False

# A Redis that accepts and says nothing would block a publisher for more than 40 s without these.
broker_transport_options = {
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "retry_on_timeout": False,
    "health_check_interval": 20,
    "visibility_timeout": 3600,
}
broker_pool_limit = 10

task_default_queue = "polling"
task_queues = [Queue(name) for name in QUEUES]  # type: ignore[no-untyped-call]
task_create_missing_queues = False

# The only entry of beat. Two beats, or none for a minute, cost nothing: the tick claims what is due in PostgreSQL.
beat_schedule = {
    "tick": {"task": "polling.tick", "schedule": 1.0, "options": {"queue": "polling", "expires": 5.0}}
}
beat_max_loop_interval = 1

timezone = "UTC"
enable_utc = True
worker_hijack_root_logger = False
worker_proc_alive_timeout = 30
