"""How Vantagepoint says no.

`{"message", "detail"}` from the API, `{"error", "error_description"}` for tokens: GO scjalliance/vantagepoint
errors.go. The texts are those which integrations in production meet.
"""


class ApiError(Exception):
    """An answer of the REST API other than success."""

    def __init__(self, status: int, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.detail = detail


class TokenError(Exception):
    """HTTP 400 of the token endpoint, in OAuth's shape."""

    def __init__(self, error: str, description: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.description = description


class OrderRefused(Exception):
    """The stand-in's operator asked for something that the books do not allow."""


def unknown_field(name: str) -> ApiError:
    return ApiError(400, f"Field {name} does not exist")


def missing_column(name: str) -> ApiError:
    return ApiError(500, f"Column:{name} does not exist")


def not_found(detail: str) -> ApiError:
    return ApiError(404, "Record not found", detail)


def already_exists(key: str) -> ApiError:
    return ApiError(400, f"Record {key} already exists and cannot be added")


def invalid(*problems: str) -> ApiError:
    """A business refusal. Several problems come in one message, separated as for a web page."""
    return ApiError(400, "".join(f"{problem}<BR/>" for problem in problems))
