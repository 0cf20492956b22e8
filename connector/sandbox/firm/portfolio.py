"""The example firm's people, clients and projects."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product
from random import Random

from connector.sandbox.firm.names import BUILDINGS, CLIENTS, FIRST_NAMES, LAST_NAMES, PHASES, ClientName
from connector.sandbox.firm.profile import COMPANY, CURRENCY, FEE_PROJECT
from connector.sandbox.vantagepoint.books import Books
from connector.sandbox.vantagepoint.wire import Row, Wbs

EMPLOYEES = 90
PROJECTS = 70


@dataclass(frozen=True)
class Employee:
    number: str
    name: str


@dataclass(frozen=True)
class Project:
    """A project and the lowest rows of its tree: those that can be charged, with what they are called."""

    wbs1: str
    client_id: str
    chargeable: tuple[tuple[Wbs, str], ...]


def employees(random: Random) -> list[Employee]:
    names = [f"{first} {last}" for first, last in product(FIRST_NAMES, LAST_NAMES)]
    return [Employee(f"{n:05d}", name) for n, name in enumerate(random.sample(names, EMPLOYEES), 1)]


def add_clients(books: Books, random: Random) -> list[Row]:
    """Forty firms; the billing e-mail is on a contact, on an address, or on the firm, as it is in life."""
    return [_client(books, random, number, named) for number, named in enumerate(CLIENTS, 1)]


def _client(books: Books, random: Random, number: int, named: ClientName) -> Row:
    email = f"payables@{named.domain}.example"
    firm = books.hubs.add_firm(
        Client=f"{number:06d}",
        Name=named.name,
        PrimaryAddress1=named.street,
        PrimaryCity=named.city,
        PrimaryState=named.state,
        PrimaryZip=named.zip,
        PrimaryCountry=named.country,
        PrimaryEmail=email,
    )
    books.hubs.add_address(
        firm["ClientID"],
        Address="<Default>",
        Addressee=named.name,
        Address1=named.street,
        Address2="Accounts Payable",
        City=named.city,
        State=named.state,
        Zip=named.zip,
        Country=named.country,
        Phone=f"555-01{number:02d}",
        Email="" if number % 5 else email,
        PrimaryInd="Y",
        Billing="Y",
    )
    if number % 9:
        _contact(books, random, firm, named)
    return firm


def _contact(books: Books, random: Random, firm: Row, named: ClientName) -> None:
    first, last = random.choice(FIRST_NAMES), random.choice(LAST_NAMES)
    books.hubs.add_contact(
        ClientID=firm["ClientID"],
        FirstName=first,
        LastName=last,
        Title="Accounts Payable",
        Email=f"{first}.{last}@{named.domain}.example".lower(),
        Phone="555-0100",
        Billing="Y",
        PrimaryInd="Y",
    )


def add_projects(books: Books, random: Random, clients: list[Row], staff: list[Employee]) -> list[Project]:
    books.hubs.add_project(
        WBS1=FEE_PROJECT, Name="General Overhead", ChargeType="H", Org=COMPANY, ReadyForProcessing="Y"
    )
    billing = {row["ClientID"]: row["ContactID"] for row in books.hubs.contacts.values()}
    return [
        _project(books, random, number, clients[number % len(clients)], billing, staff)
        for number in range(PROJECTS)
    ]


def _project(
    books: Books, random: Random, number: int, client: Row, contacts: dict[str, str], staff: list[Employee]
) -> Project:
    wbs1 = f"{24 + number // 40}{number + 1:03d}.00"
    common = _common(client, random.choice(staff[:20]).number)
    books.hubs.add_project(
        WBS1=wbs1,
        Name=f"{client['Name'].split()[0]} {BUILDINGS[number % len(BUILDINGS)]}",
        BillingContactID=contacts.get(client["ClientID"], ""),
        PrincipalName=random.choice(staff[:6]).name,
        **common,
    )
    start = random.randrange(3)
    tree = list(_tree(Wbs(wbs1), start, detailed=number % 3 == 0))
    for wbs, name in tree:
        books.hubs.add_project(**wbs.columns, Name=name, **common)
    lowest = tuple((wbs, name) for wbs, name in tree if not books.hubs.has_children(wbs))
    return Project(wbs1, client["ClientID"], lowest)


def _common(client: Row, manager: str) -> Row:
    return {
        "ClientID": client["ClientID"],
        "BillingClientID": client["ClientID"],
        "Org": COMPANY,
        "ProjMgr": manager,
        "ProjectCurrencyCode": CURRENCY,
        "BillingCurrencyCode": CURRENCY,
    }


def _tree(top: Wbs, start: int, *, detailed: bool) -> Iterator[tuple[Wbs, str]]:
    """Four phases from `start`; a detailed project has tasks below some of them."""
    for phase in islice(PHASES, start, start + 4):
        yield Wbs(top.wbs1, phase.code), phase.name
        for number, task in enumerate(phase.tasks if detailed else (), 1):
            yield Wbs(top.wbs1, phase.code, f"{number:02d}"), f"{phase.name}: {task}"
