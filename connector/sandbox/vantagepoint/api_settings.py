"""Settings, metadata, code tables. Paths: GO scjalliance/vantagepoint settings.go, keycvt.go, metadata.go."""

from connector.sandbox.vantagepoint.calls import Answer, Call, Routes
from connector.sandbox.vantagepoint.errors import ApiError, not_found
from connector.sandbox.vantagepoint.hub_tables import BANK, COMPANY, PERIOD
from connector.sandbox.vantagepoint.tables import (
    CR_CONTROL,
    CR_DETAIL,
    CR_MASTER,
    IN_CONTROL,
    IN_DETAIL,
    IN_MASTER,
)

routes = Routes()
_METADATA = {
    "CREntry": (CR_CONTROL, CR_MASTER, CR_DETAIL),
    "INEntry": (IN_CONTROL, IN_MASTER, IN_DETAIL),
}


@routes.get("/Settings/ActiveCompany")
def active_company(call: Call) -> Answer:
    company = call.books.settings.companies.get(call.login.company)
    return call.one(company.printed if company else None, COMPANY, call.login.company)


@routes.put("/Settings/ActiveCompany/<company>")
def set_active_company(call: Call, company: str) -> Answer:
    """Changes the user's company for every later request of that user, whatever its token."""
    if company not in call.books.settings.companies:
        raise not_found(f"Company {company}")
    if call.companies is not None and company not in call.companies:
        raise ApiError(403, "You do not have access to this company.")
    call.login.company = company
    return active_company(call)


@routes.get("/Settings/Company")
def companies(call: Call) -> Answer:
    allowed = call.companies
    found = call.books.settings.companies.values()
    return call.rows((one.printed for one in found if allowed is None or one.code in allowed), COMPANY)


@routes.get("/Settings/General")
def general(call: Call) -> Answer:
    company = next(iter(call.books.settings.companies.values()))
    shown = {"Company": company.code, "FirmName": company.name, "Country": company.country}
    return Answer([shown | dict.fromkeys(("Byline", "Address1", "Address2", "FirmEmail", "FirmPhone"), "")])


@routes.get("/Settings/Period")
def periods(call: Call) -> Answer:
    return call.rows(call.books.settings.periods(call.login.company), PERIOD)


@routes.get("/Settings/ActivePeriod")
def active_period(call: Call) -> Answer:
    now = call.books.clock.now()
    period = call.login.period or now.year * 100 + now.month
    return Answer([call.books.settings.period(period, call.login.company)])


@routes.put("/Settings/ActivePeriod/<int:period>")
def set_active_period(call: Call, period: int) -> Answer:
    if not call.books.settings.has_period(period):
        raise not_found(f"Period {period}")
    call.login.period = period
    return active_period(call)


@routes.get("/metadata/<name>")
def metadata(call: Call, name: str) -> Answer:
    """Column rules, the installation's own lengths among them."""
    hubs = call.books.hubs.tables
    tables = (hubs[name],) if name in hubs else _METADATA.get(name)
    if tables is None:
        raise not_found(f"metadata {name}")
    lengths = call.books.receipts.rules.lengths
    return Answer({table.name: table.metadata(lengths) for table in tables})


@routes.get("/metadata/UDIC/<center>")
def info_center_metadata(call: Call, center: str) -> Answer:
    """The columns of a User-Defined Info Center (Deltek's public Postman documents 4.0)."""
    table = call.books.info_centers.center(center).table
    return Answer({table.name: table.metadata({})})


@routes.get("/KeyCvt/CFGFormat")
def key_format(call: Call) -> Answer:
    return Answer(
        [
            {
                "PKey": "1",
                "Entity": "",
                "WBS1Length": 30,
                "WBS2Length": 30,
                "WBS3Length": 30,
                "AccountLength": 13,
                "ClientLength": 12,
                "VendorLength": 12,
                "RefnoLength": call.books.options.refno_length,
                "OrgLevels": 1,
                "OrgDelimiter": "",
            }
        ]
    )


@routes.get("/BankCode/CFGBANKS")
def banks(call: Call) -> Answer:
    return call.rows((bank.printed for bank in call.books.settings.banks.values()), BANK)


@routes.get("/AccountConfiguration/CFGAutoPosting")
def auto_posting(call: Call) -> Answer:
    """The accounts that the system posts to by itself, of the company asked for."""
    asked = call.query.get("company")
    found = [one for one in call.books.settings.companies.values() if asked in ("", one.code)]
    return Answer([{"Company": one.code, "AcctsReceivable": one.ar_account} for one in found])
