"""The tenant's TOML file: every wrong key is named, and an address that could carry the password away is refused."""

import tomllib
from pathlib import Path

import pytest

from connector.errors import UsageError
from connector.money import Money
from connector.tenants.description import TenantDescription
from connector.tenants.file import as_stored, describe, read_file
from tests.support.world import tenant_file

URL = "https://acme.deltekfirst.com/Acme/api"


def described(text: str) -> TenantDescription:
    return describe(tomllib.loads(text))


def complaint(text: str) -> str:
    with pytest.raises(UsageError) as refused:
        described(text)
    return refused.value.message


def read(tmp_path: Path, url: str, *, deltek: str = "", insecure: bool = False) -> TenantDescription:
    path = tmp_path / "acme.toml"
    path.write_text(tenant_file(url, deltek=deltek), "utf-8")
    return read_file(path, allow_insecure_urls=insecure)


def test_a_whole_file_is_described() -> None:
    found = described(tenant_file(URL, sync="default_terms_days = 45", stripe='card_limit = "5000.00"'))

    assert found.deltek.url == URL
    assert found.company("00") == found.deltek.companies["00"]
    assert found.timezone.key == "America/New_York"
    assert found.sync.poll_every.total_seconds() == 300
    assert found.sync.default_terms_days == 45
    assert found.card_allowed(Money(500000, "USD"))
    assert not found.card_allowed(Money(500001, "USD"))


def test_the_stored_copy_describes_the_same_tenant() -> None:
    content = tomllib.loads(tenant_file(URL + "/", sync='exclude_projects = ["X1"]'))

    assert describe(as_stored(content)) == describe(content)
    assert as_stored(as_stored(content)) == as_stored(content)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('slug = "acme"', 'slug = "Acme!"', "slug may hold only a-z, 0-9 and -"),
        ('slug = "acme"', "slug = 5", "slug must be text in quotes"),
        ('slug = "acme"\n', "", "slug is missing"),
        ("America/New_York", "Mars/Olympus", "timezone 'Mars/Olympus' is not a time zone"),
        ("America/New_York", "../etc/passwd", "is not a time zone"),
        ('database = "ACME"', 'database = ""', "deltek.database must not be empty"),
        ('database = "ACME"', "", "deltek.database is missing"),
        (
            "requests_per_second = 1000",
            "requests_per_second = 0",
            "deltek.requests_per_second must be 1 to 1000",
        ),
        ("requests_per_second = 1000", "page_size = 2.5", "deltek.page_size must be a whole number"),
        ("requests_per_second = 1000", "page_size = true", "deltek.page_size must be a whole number"),
        ("requests_per_second = 1000", "integrated = 1", "deltek.integrated must be true or false"),
        ("requests_per_second = 1000", 'passwrod = "x"', "deltek.passwrod is not a key of this file"),
        (
            "requests_per_second = 1000",
            'filter_operators = "sql"',
            'filter_operators must be "symbols" or "words"',
        ),
        (
            'currency = "USD"',
            'currency = "USX"',
            "deltek.companies.\"00\".currency 'USX' is not an ISO 4217 currency",
        ),
        ('currency = "USD"', "", 'deltek.companies."00".currency is missing'),
        (
            'receipts = "files"',
            'receipts = "both"',
            'deltek.companies."00".receipts must be "files" or "single"',
        ),
        ("post = true", 'post = "yes"', 'deltek.companies."00".post must be true or false'),
        (
            "post = true",
            "post = true\nnonsense = 1",
            'deltek.companies."00".nonsense is not a key of this file',
        ),
        ('["card", "us_bank_account"]', '"card"', "stripe.payment_methods must be a list"),
        ('["card", "us_bank_account"]', "[]", "stripe.payment_methods must name at least one"),
        ('["card", "us_bank_account"]', "[1]", 'stripe.payment_methods."0" must be text in quotes'),
        ("requests_per_second = 100\n", "card_limit = 5000\n", "stripe.card_limit must be text in quotes"),
        ("requests_per_second = 100\n", 'card_limit = "lots"\n', "stripe.card_limit must be an amount"),
        ("requests_per_second = 100\n", 'card_limit = "NaN"\n', "stripe.card_limit must be an amount"),
        ("requests_per_second = 100\n", 'card_limit = "Infinity"\n', "stripe.card_limit must be an amount"),
        ("requests_per_second = 100\n", 'card_limit = "-1"\n', "stripe.card_limit must be an amount"),
        ("requests_per_second = 100\n", 'account = "123"\n', "stripe.account must look like acct_"),
        ('poll_every = "5m"', 'poll_every = "5 minutes"', "sync.poll_every must be a duration"),
        ('poll_every = "5m"', 'poll_every = "1s"', "sync.poll_every must be a duration of 10s or more"),
        ("start_date = 2026-10-01", "start_date = 2026", "sync.start_date must be a date"),
        ("start_date = 2026-10-01", 'start_date = "soon"', "sync.start_date must be a date"),
        ("start_date = 2026-10-01", "", "sync.start_date is missing"),
        (
            "start_date = 2026-10-01",
            'start_date = 2026-10-01\ninclude_clients = "A"',
            "include_clients must be a list",
        ),
    ],
)
def test_every_wrong_value_is_named_by_its_key(old: str, new: str, said: str) -> None:
    text = tenant_file(URL)
    assert old in text

    assert said in complaint(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('slug = "acme"\ntimezone = "UTC"\ndeltek = 5\n', "deltek must be a table"),
        ("", "slug is missing; timezone is missing; deltek is missing; stripe is missing; sync is missing"),
        (tenant_file(URL).split("[deltek.companies")[0], "deltek.companies is missing"),
    ],
)
def test_tables_that_lack_are_all_named_at_once(text: str, said: str) -> None:
    assert said in complaint(text)


@pytest.mark.parametrize(
    "url",
    [
        "http://acme.deltekfirst.com/Acme/api",
        "https://evil.example/Acme/api",
        "https://deltekfirst.com.evil.example/api",
        "https://evildeltekfirst.com/api",
        "https://user:password@acme.deltekfirst.com/api",
        "https://acme.deltekfirst.com@evil.example/api",
        "https://evil.example\\@acme.deltekfirst.com/api",
        "https://evil.example#.deltekfirst.com/",
        "https://evil.example?.deltekfirst.com/",
        "https://acme.deltekfirst.com/api?to=evil",
        "https://acme.deltekfirst.com:port/api",
        "https://acme.deltekfirst.com:99999/api",
        "https://[::1/api",
        "https:///api",
        "ftp://acme.deltekfirst.com/api",
        "file:///etc/passwd",
        "acme.deltekfirst.com/api",
        " https://acme.deltekfirst.com/api",
        "https://acme.deltekfirst.com/a pi",
        "https://\u0430cme.deltekfirst.com.evil.example/api",
        "",
    ],
)
def test_an_address_that_could_carry_the_password_elsewhere_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match=r"acme\.toml.*deltek\.url"):
        read(tmp_path, url.replace("\\", "\\\\"))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "localhost.",
        "vp.localhost",
        "10.1.2.3",
        "192.168.0.10",
        "169.254.169.254",
        "0.0.0.0",  # noqa: S104 - an address to be refused
        "[::1]",
        "[fd00::1]",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "0x7f000001",
        "127.1",
        "0177.0.0.1",
    ],
)
def test_a_private_address_is_refused_in_every_spelling_even_when_it_is_the_allowed_host(
    tmp_path: Path, host: str
) -> None:
    allowed = f'allowed_host = "{host.strip("[]")}"'

    with pytest.raises(UsageError, match="private address"):
        read(tmp_path, f"https://{host}/api", deltek=allowed)


@pytest.mark.parametrize(
    ("url", "deltek"),
    [
        (URL, ""),
        ("https://acme.deltekfirst.com:443/Acme/api/", ""),
        ("https://ACME.DELTEKFIRST.COM/Acme/api", ""),
        ("https://vp.acme.example/Vantagepoint/api", 'allowed_host = "vp.acme.example"'),
        ("https://vp.acme.example/Vantagepoint/api", 'allowed_host = "VP.Acme.example"'),
    ],
)
def test_deltek_s_cloud_and_the_one_allowed_host_are_taken(tmp_path: Path, url: str, deltek: str) -> None:
    assert read(tmp_path, url, deltek=deltek).deltek.url == url.rstrip("/")


def test_a_test_or_a_rehearsal_may_lift_the_rule_but_not_the_form(tmp_path: Path) -> None:
    assert read(tmp_path, "http://127.0.0.1:8081/Sandbox/api", insecure=True)
    with pytest.raises(UsageError, match=r"deltek\.url must be an address"):
        read(tmp_path, "http://user:password@127.0.0.1:8081/api", insecure=True)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"slug = ", "is not TOML"), (b"slug = '\xff'", "is not TOML"), (None, "cannot be read")],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "acme.toml"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(UsageError, match=said):
        read_file(path, allow_insecure_urls=True)


@pytest.mark.parametrize("code", ["", " ", "00"])
def test_a_single_company_database_calls_its_company_as_it_likes(code: str) -> None:
    found = described(tenant_file(URL))

    assert found.company(code) is found.deltek.companies["00"]
    assert found.company("01") is None


def test_which_clients_and_projects_take_part_is_said_by_the_lists() -> None:
    sync = 'include_clients = ["A", "B"]\nexclude_clients = ["B"]\nexclude_projects = ["P1"]'
    found = described(tenant_file(URL, sync=sync))

    assert [found.takes_client(one) for one in ("A", "B", "C")] == [True, False, False]
    assert [found.takes_project(one) for one in ("P1", "P2")] == [False, True]


def test_a_payment_method_that_stripe_does_not_have_is_named() -> None:
    with pytest.raises(UsageError, match=r"stripe\.payment_methods.*'crad' is no payment method of Stripe"):
        describe(
            tomllib.loads(tenant_file("https://acme.deltekfirst.com/Acme/api").replace('"card"', '"crad"'))
        )
