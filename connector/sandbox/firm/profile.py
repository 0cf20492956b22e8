"""Who the example firm is to the outside: its sign-in, and the tenant file that connects it."""

from datetime import date

SLUG = "harlow-finch"
COMPANY = "00"
CURRENCY = "USD"
BANK_CODE = "STRIPE"
BANK_ACCOUNT = "103.00"
OPERATING_BANK = "FIRST"
FEE_PROJECT = "OH.900"
FEE_ACCOUNT = "741.00"
OVERPAYMENT_ACCOUNT = "210.00"

DATABASE = "C0000000090P_1_HARLOWFINCH"
USERNAME = "MLCONNECTOR"
PASSWORD = "stand-in-password"  # noqa: S105 - opens the stand-in only
CLIENT_ID = "harlow-finch-api"
CLIENT_SECRET = "stand-in-client-secret"  # noqa: S105 - opens the stand-in only


def credentials() -> dict[str, str]:
    """The Deltek secrets under the names that `tenant secrets --from-env` reads."""
    return {
        "DELTEK_PASSWORD": PASSWORD,
        "DELTEK_CLIENT_ID": CLIENT_ID,
        "DELTEK_CLIENT_SECRET": CLIENT_SECRET,
    }


def tenant_toml(
    url: str,
    start_date: date,
    *,
    slug: str = SLUG,
    post: bool = True,
    requests_per_second: int = 200,
    poll_every: str = "5m",
) -> str:
    """The tenant file for this firm. `url` is the whole API base, ending in `/api`."""
    return f"""slug = "{slug}"
timezone = "America/Los_Angeles"

[deltek]
url = "{url}"
database = "{DATABASE}"
username = "{USERNAME}"
requests_per_second = {requests_per_second}

[deltek.companies."{COMPANY}"]
currency = "{CURRENCY}"
bank_code = "{BANK_CODE}"
ar_account = "111.00"
receipts = "files"
post = {str(post).lower()}
fee_account = "{FEE_ACCOUNT}"
fee_project = "{FEE_PROJECT}"
overpayment_account = "{OVERPAYMENT_ACCOUNT}"

[stripe]
payment_methods = ["card", "us_bank_account"]
requests_per_second = 100

[sync]
poll_every = "{poll_every}"
start_date = {start_date.isoformat()}
"""
