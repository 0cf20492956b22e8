"""What the product does and what befalls it: turns of work, time, lost events, killed workers, outages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from hypothesis import strategies as st
from sqlalchemy import select

from connector import dispatch
from connector.models import Event, WorkState
from connector.runtime import Runtime
from connector.sandbox.faults import Fault
from connector.sync.poll import poll_tenant, read_news
from connector.sync.poll_run import PollRun
from connector.use_cases import handle_stored_event, perform_operation
from tests.simulation.told import Told, step
from tests.support.money import killed_at_commit

AT_ONCE = 20
MOST_TURNS_OF_WORK = 200
AN_HOUR = timedelta(hours=1)
TURNS = st.sampled_from(["as usual", "as usual", "events only", "poll only", "full comparison"])


class Product(Told):
    """One worker, whose turns end when nothing is due at that moment."""

    def take_turn(self, turn: str) -> None:
        """Whatever it does, it lets no error out."""
        if turn != "events only":
            self.poll(everything=turn == "full comparison")
        if turn != "poll only":
            self.world.deliver()
        self.work()

    def work(self) -> None:
        """Do what is due at this moment, operations first, until nothing is."""
        for _ in range(MOST_TURNS_OF_WORK):
            due = self._due()
            made = [perform(self.world.runtime, unit) for perform, unit in due]
            if not any(made):
                return  # or a worker that was killed holds what is left
        raise AssertionError(f"work that is due at one moment does not end: {due}")

    def _due(self) -> list[tuple[Callable[[Runtime, int], object], int]]:
        now, tenant = self.world.clock.now(), self.world.tenant()
        events = select(Event.id).where(Event.state == WorkState.DUE, Event.due_at <= now).order_by(Event.id)
        with self.world.runtime.transaction() as session:
            operations = dispatch.ready_operations(session, now, tenant.id, AT_ONCE)
            return [
                *((perform_operation, one.id) for one in operations),
                *((handle_stored_event, one) for one in session.scalars(events.limit(AT_ONCE))),
            ]

    def poll(self, *, everything: bool) -> None:
        def read(run: PollRun) -> bool:
            return read_news(run, all_at_once=everything)

        poll_tenant(self.world.runtime, self.world.tenant().id, read, slice_time=AN_HOUR)

    @step(turn=TURNS)
    def product_works(self, turn: str) -> None:
        self.tell(f"the product works: {turn}")
        self.take_turn(turn)

    product_works_too = product_works
    product_goes_on = product_works

    @step(minutes=st.sampled_from([2, 20, 70, 26 * 60, 8 * 24 * 60]))
    def time_passes(self, minutes: int) -> None:
        self.tell(f"{timedelta(minutes=minutes)} pass")
        self.world.clock.turn(timedelta(minutes=minutes))

    @step(what=st.sampled_from(["lost", "all lost", "twice", "backwards"]))
    def events_go_astray(self, what: str) -> None:
        """At least once, in any order (docs.stripe.com/webhooks); a receiver that is away loses some."""
        books = self.world.stripe_books
        with books.lock:
            if not books.outbox:
                return
            if what == "lost":
                del books.outbox[::2]
            elif what == "all lost":
                books.outbox.clear()
            elif what == "twice":
                books.outbox += books.outbox
            else:
                books.outbox.reverse()
        self.tell(f"events: {what}")
        self.world.deliver()

    @step(commits=st.integers(0, 12), turn=TURNS)
    def worker_is_killed(self, commits: int, turn: str) -> None:
        self.tell(f"the worker is killed at commit {commits + 1} of: {turn}")
        with killed_at_commit(self.world, commits) as has_died:
            self.take_turn(turn)
        if has_died():
            self.reach("worker killed")

    @step(
        system=st.sampled_from(["deltek", "stripe"]),
        kind=st.sampled_from(["before", "after", "after", "disconnect"]),
        method=st.sampled_from(["*", "POST", "PUT"]),
        turn=TURNS,
    )
    def system_fails(self, system: str, kind: str, method: str, turn: str) -> None:
        self.tell(f"{system} fails ({kind}, {method}) while the product works: {turn}")
        sandbox = self.world.deltek_sandbox if system == "deltek" else self.world.stripe_sandbox
        sandbox.faults.add(Fault(kind, method, "(?!.*/token).*", times=3))  # type: ignore[arg-type]
        self.take_turn(turn)
        if not sandbox.faults.pending:
            self.reach("outage met")
        sandbox.faults.clear()

    @contextmanager
    def meanwhile(self, passed: int, act: Callable[[], object]) -> Iterator[None]:
        self.stage.meanwhile.arrange(passed, act)
        try:
            yield
        finally:
            self.stage.meanwhile.forget()
