"""Fiscal periods, and the company and period that the API user works in: Settings.

GO scjalliance/vantagepoint settings.go. Both are state of the user, not of a request, so writes of one API user
must not overlap.
"""

from datetime import date

from connector.deltek.query import same
from connector.deltek.records import FiscalPeriod
from connector.deltek.schemas import PERIOD, PeriodRow
from connector.deltek.session import DeltekSession, path_of
from connector.errors import Blocked, NotFound, Unavailable

PERIODS = "Settings/Period"
ACTIVE_COMPANY = "Settings/ActiveCompany"


class Fiscal:
    def __init__(self, session: DeltekSession) -> None:
        self._session = session

    def period(self, day: date, company: str) -> FiscalPeriod | None:
        try:
            rows = self._session.get(PERIODS)
        except NotFound:
            return None
        containing = [row for row in PERIOD.read_all(rows, PERIODS) if row.starts <= day <= row.ends]
        if not containing:
            raise Blocked(
                f"Deltek has no fiscal period for {day}", "Set the period up in Deltek, then replay"
            )
        # A thirteenth period for adjustments covers the days of the twelfth once more.
        row = min(containing, key=lambda row: row.period)
        return FiscalPeriod(row.period, row.starts, row.ends, self._closed(row, company))

    def _closed(self, row: PeriodRow, company: str) -> bool:
        if row.closed_everywhere or not row.closed_here:
            return row.closed_everywhere
        active = self.active_company()
        return active is None or not company.strip() or same(active, company)

    def active_company(self) -> str | None:
        """The code of the API user's active company, as Deltek gives it; None where Deltek does not say."""
        return self._active(ACTIVE_COMPANY, "Company")

    def work_in(self, company: str, period: int) -> None:
        if company.strip():
            self._set(ACTIVE_COMPANY, "Company", company)
        self._set("Settings/ActivePeriod", "Period", str(period))

    def _set(self, setting: str, column: str, value: str) -> None:
        try:
            self._session.put(f"{setting}/{path_of(value)}")
        except NotFound:
            # Either this version has no such setting, or it has no such company or period.
            active = self._active(setting, column)
            if active is not None and active.strip() and not same(active, value):
                raise Blocked(
                    f"Deltek does not let the API user work in {column} {value}; active is {active!r}",
                    f"See that {column} {value} exists in Deltek and that the user's role has access to it",
                ) from None

    def _active(self, setting: str, column: str) -> str | None:
        try:
            rows = self._session.get(setting)
        except (NotFound, Unavailable):
            return None  # not told, or in a form that tells nothing
        return str(rows[0].get(column) or "") if rows else None
