"""The Procfile, Celery's settings and gunicorn's: what runs, who hears which queue, which failures that prevents."""

import re
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import celeryconfig
from connector import dispatch, inbox, operations
from connector.database import POOL_OVERFLOW, POOL_SIZE
from connector.doorbell import QUEUES, celery_app
from connector.fleet.procfile import read_procfile
from connector.models import OperationKind
from connector.sync import poll
from webhooks import gunicorn_config

PROCFILE = Path(__file__).parents[1] / "Procfile"
TASK_MODULES = ("workers.polling", "workers.events", "workers.invoices", "workers.receipts")
HEROKU_GRACE_SECONDS = 30  # from SIGTERM to SIGKILL: devcenter.heroku.com/articles/dynos#shutdown


@pytest.fixture(scope="module")
def commands() -> dict[str, str]:
    return read_procfile(PROCFILE)


def queues_of(command: str) -> set[str]:
    found = re.search(r"-Q (\S+)", command)
    return set(found[1].split(",")) if found else set()


def default_threads(command: str) -> int:
    found = re.search(r'-c "\$\{\w+:-(\d+)\}"', command)
    assert found is not None
    return int(found[1])


def sent_names() -> set[str]:
    """Every task name that something sends."""
    ticks = {entry["task"] for entry in celeryconfig.beat_schedule.values()}
    return {*operations.TASK_OF.values(), inbox.TASK, dispatch.POLL_TASK, *map(str, ticks)}


def registered_names() -> set[str]:
    app = celery_app("redis://127.0.0.1:1/0")
    for name in TASK_MODULES:
        import_module(name)
    app.finalize()
    return {name for name in app.tasks if not name.startswith("celery.")}


def test_every_kind_of_process_stands_in_the_procfile(commands: dict[str, str]) -> None:
    assert set(commands) == {"release", "web", "beat", "worker", *QUEUES, "flower"}


@pytest.mark.parametrize("queue", QUEUES)
def test_each_queue_has_a_process_of_its_own(commands: dict[str, str], queue: str) -> None:
    assert queues_of(commands[queue]) == {queue}


def test_the_one_worker_of_a_small_installation_hears_every_queue(commands: dict[str, str]) -> None:
    assert queues_of(commands["worker"]) == set(QUEUES)


@pytest.mark.parametrize("name", ["worker", *QUEUES])
def test_workers_are_threads_because_a_pool_of_processes_loses_tasks_on_herokus_sigterm(
    commands: dict[str, str], name: str
) -> None:
    assert "-P threads" in commands[name]
    assert f"-n {name}@%h" in commands[name], "two workers of one name hide each other in Flower"


@pytest.mark.parametrize("name", ["worker", *QUEUES])
def test_every_worker_thread_finds_a_database_connection(commands: dict[str, str], name: str) -> None:
    assert default_threads(commands[name]) <= POOL_SIZE + POOL_OVERFLOW


def test_beat_is_the_default_one_because_redbeat_ends_on_an_outage_and_files_vanish_on_heroku(
    commands: dict[str, str],
) -> None:
    assert "celery.beat.Scheduler" in commands["beat"]


def test_flower_runs_behind_its_login_only(commands: dict[str, str]) -> None:
    assert commands["flower"] == "python -m workers.flower"


def test_the_release_command_brings_the_schema(commands: dict[str, str]) -> None:
    assert commands["release"] == "python -m connector db upgrade"


def test_every_name_that_is_sent_is_registered_and_nothing_else_is() -> None:
    """A worker throws a message away whose task it does not know."""
    assert registered_names() == sent_names()


def test_every_kind_of_operation_has_its_task_and_its_queue() -> None:
    assert set(operations.TASK_OF) == set(operations.QUEUE_OF) == set(OperationKind)
    assert set(operations.QUEUE_OF.values()) <= set(QUEUES)


def test_the_worker_loads_every_module_of_tasks() -> None:
    text = (PROCFILE.parent / "workers/app.py").read_text()
    assert all(f'"{name}"' in text for name in TASK_MODULES)
    written = {f"workers.{path.stem}" for path in PROCFILE.parent.glob("workers/*.py")}
    assert {name for name in written if has_tasks(import_module_text(name))} == set(TASK_MODULES)


def import_module_text(name: str) -> str:
    return (PROCFILE.parent / f"{name.replace('.', '/')}.py").read_text()


def has_tasks(text: str) -> bool:
    return "@shared_task" in text


def test_celery_declares_exactly_the_queues_of_the_doorbell() -> None:
    assert {queue.name for queue in celeryconfig.task_queues} == set(QUEUES)
    assert celeryconfig.task_create_missing_queues is False


@pytest.mark.parametrize(
    ("setting", "value", "failure"),
    [
        ("task_acks_late", False, "Celery 5.7.0 ends when Redis refuses while a message is unacknowledged"),
        ("worker_prefetch_multiplier", 1, "a killed worker would lose a whole batch of rings"),
        ("accept_content", ["json"], "a pickled message could run code"),
        ("task_serializer", "json", "a pickled message could run code"),
        ("task_ignore_result", True, "a publish would wait for a result backend that is down"),
        ("result_backend", None, "a publish would wait for a result backend that is down"),
        ("broker_connection_max_retries", None, "a worker would end after a long outage of Redis"),
        ("broker_connection_retry_on_startup", True, "a worker would end when Redis starts after it"),
        ("worker_cancel_long_running_tasks_on_connection_loss", False, "a lost Redis would break off work"),
        ("worker_send_task_events", True, "Flower would show nothing"),
        ("worker_hijack_root_logger", False, "Celery's own log would print unscrubbed"),
        ("timezone", "UTC", "the tick would be late by an hour twice a year"),
    ],
)
def test_a_setting_of_celery_keeps_the_value_that_prevents_a_failure(
    setting: str, value: object, failure: str
) -> None:
    assert getattr(celeryconfig, setting) == value, failure


def test_no_wait_for_redis_is_without_an_end() -> None:
    options = celeryconfig.broker_transport_options
    assert 0 < int(options["socket_connect_timeout"] or 0) <= 5
    assert 0 < int(options["socket_timeout"] or 0) <= 10


def test_a_tick_that_waited_too_long_is_thrown_away() -> None:
    """After an outage the workers would otherwise work off a backlog of ticks, each of which does the same."""
    (tick,) = celeryconfig.beat_schedule.values()
    assert tick["options"] == {"queue": "polling", "expires": 5.0}


def test_gunicorn_ends_before_heroku_kills_it_and_answers_before_herokus_router_gives_up() -> None:
    assert gunicorn_config.graceful_timeout < HEROKU_GRACE_SECONDS
    assert gunicorn_config.timeout < HEROKU_GRACE_SECONDS


def test_a_slice_of_a_poll_ends_before_heroku_kills_its_worker() -> None:
    assert poll.SLICE.total_seconds() < HEROKU_GRACE_SECONDS


def test_gunicorn_works_in_threads_and_renews_its_workers_one_by_one() -> None:
    assert (gunicorn_config.worker_class, gunicorn_config.threads) == ("gthread", 8)
    assert gunicorn_config.max_requests_jitter > 0
    assert gunicorn_config.control_socket_disable, "the default opens a socket in the home directory"


@pytest.mark.parametrize(("variable", "value", "attribute", "expected"), [
    ("PORT", "5999", "bind", "0.0.0.0:5999"),
    ("WEB_CONCURRENCY", "3", "workers", 3),
    ("LOG_LEVEL", "WARNING", "loglevel", "warning"),
])  # fmt: skip
def test_gunicorn_takes_its_numbers_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, attribute: str, expected: object
) -> None:
    monkeypatch.setenv(variable, value)
    assert getattr(fresh(gunicorn_config), attribute) == expected


def fresh(module: ModuleType) -> ModuleType:
    """The module as a new process reads it."""
    made = ModuleType(module.__name__)
    exec(Path(str(module.__file__)).read_text(), made.__dict__)  # noqa: S102 - a file of ours
    return made
