"""A stand-in for Deltek Vantagepoint's REST API, with its quirks, for the demo, the tests and rehearsals.

It follows what is public about the API: Deltek's help and Postman documents, and clients in production. Where
none of them says what happens, there is a switch (`Options`).
"""

from connector.sandbox.vantagepoint.accountant import Accountant, Payment
from connector.sandbox.vantagepoint.administrator import Administrator
from connector.sandbox.vantagepoint.app import Sandbox, create_app
from connector.sandbox.vantagepoint.auditor import audit
from connector.sandbox.vantagepoint.billing import Invoice, InvoiceLine
from connector.sandbox.vantagepoint.books import Books
from connector.sandbox.vantagepoint.companies import Bank, Company
from connector.sandbox.vantagepoint.errors import OrderRefused
from connector.sandbox.vantagepoint.options import Options
from connector.sandbox.vantagepoint.wire import Wbs

__all__ = [
    "Accountant",
    "Administrator",
    "Bank",
    "Books",
    "Company",
    "Invoice",
    "InvoiceLine",
    "Options",
    "OrderRefused",
    "Payment",
    "Sandbox",
    "Wbs",
    "audit",
    "create_app",
]
