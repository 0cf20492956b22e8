"""GET /pay/TOKEN: leads a client to the page of today on which Stripe takes the money, or says why there is none.

Nothing here tells more than the invoice's number and how it stands: whoever has the link may read it.
"""

import logging
from base64 import b64encode
from hashlib import sha256
from html import escape
from http import HTTPStatus
from typing import cast

from flask import Blueprint, Response, current_app
from sqlalchemy.exc import SQLAlchemyError

from connector.sync.pay_link import PATH, SOON, Destination, PayLinks, PayState

logger = logging.getLogger(__name__)
pay = Blueprint("pay", __name__)

ASK = "If you have a question about it, please ask whoever sent it to you."
PAGES = {
    PayState.PAID: (HTTPStatus.OK, "{} is paid", "There is nothing left to pay. Thank you."),
    PayState.WITHDRAWN: (HTTPStatus.GONE, "{} was withdrawn", f"It is not to be paid any more. {ASK}"),
    PayState.IN_PREPARATION: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "{} is being made anew",
        f"It was changed. Please open this link again in a few minutes. {ASK}",
    ),
    PayState.AWAY: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "{} cannot be paid at this moment",
        "Nothing was charged. Please open this link again in a few minutes.",
    ),
    PayState.UNKNOWN: (
        HTTPStatus.NOT_FOUND,
        "This link leads nowhere",
        "Please make sure that you have all of it: some mail programs break a long link in two.",
    ),
}
STYLE = "body{font:1.1rem/1.5 system-ui,sans-serif;margin:15vh auto;max-width:32rem;padding:0 1rem}"
PAGE = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<title>{{title}}</title>
<style>{STYLE.replace("{", "{{").replace("}", "}}")}</style>
</head>
<body>
<main>
<h1>{{title}}</h1>
<p>{{text}}</p>
</main>
</body>
</html>
"""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    f"style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'",
    # Whoever holds the address holds the link: it is told to nobody, not even to Stripe.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}


@pay.get(PATH, defaults={"token": ""})
@pay.get(f"{PATH}<path:token>")
def follow(token: str) -> Response:
    """302 to Stripe's page of the invoice, or a page of our own."""
    links = cast("PayLinks", current_app.extensions["pay_links"])
    try:
        destination = links.follow(token)
    except SQLAlchemyError as error:
        # Its text holds the statement's values, and so the token.
        logger.warning("A pay link could not be looked up: %s", type(error).__name__)
        destination = Destination(PayState.AWAY, retry_after=SOON)
    if destination.state is PayState.PAYABLE:
        return Response(status=HTTPStatus.FOUND, headers={"Location": destination.url})
    return _page(destination)


@pay.after_request
def _keep_private(response: Response) -> Response:
    response.headers.update(HEADERS)
    return response


def _page(destination: Destination) -> Response:
    status, title, text = PAGES[destination.state]
    title = title.format(f"Invoice {escape(destination.number)}" if destination.number else "This invoice")
    response = Response(PAGE.format(title=title, text=escape(text)), status, mimetype="text/html")
    if destination.retry_after:
        response.headers["Retry-After"] = str(destination.retry_after)
    return response
