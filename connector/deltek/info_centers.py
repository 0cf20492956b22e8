"""User-Defined Info Centers: tables of a firm's own, whose records carry its own columns (`Cust…`).

GO scjalliance/vantagepoint udic.go; Deltek's public Postman documents, create-a-user-defined-hub-record (4.0).
"""

from collections.abc import Mapping
from typing import Any

from connector.deltek.answers import Absent, Record
from connector.deltek.paging import all_rows
from connector.deltek.query import Equals, Query
from connector.deltek.session import DeltekSession, path_of

KEY = "UDIC_UID"
# Fields that a screen's designer made required are no concern of ours, and a workflow may mail people or change
# records (Deltek's public Postman documents, create-a-user-defined-hub-record, request parameters).
QUIETLY = {"requiredFieldValidation": "N", "startWorkflow": "N"}


class InfoCenters:
    def __init__(self, session: DeltekSession) -> None:
        self._session = session

    def records(self, center: str, columns: Mapping[str, str]) -> list[Record]:
        query = Query(tuple(Equals(name, text) for name, text in columns.items()), order=KEY, key=(KEY,))
        try:
            return all_rows(self._session, path_of("UDIC", center), query)
        except Absent:
            raise Absent("Deltek", f"Deltek has no Info Center {center}", status=404) from None

    def create(self, center: str, fields: Mapping[str, Any]) -> None:
        self._session.post(path_of("UDIC", center), fields, QUIETLY)

    def change(self, center: str, uid: str, fields: Mapping[str, Any]) -> None:
        self._session.put(path_of("UDIC", center, uid), fields, QUIETLY)
