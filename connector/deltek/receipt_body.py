"""The bodies that create a cash receipt, field by field as in Deltek's own samples.

Deltek's public Postman documents: create-cash-receipt-control (4.5), create-cash-receipt-master (6.0).
"""

import hashlib
from datetime import date
from decimal import Decimal
from typing import Any

from connector.deltek.records import CashReceipt, ReceiptRow

DESCRIPTION_LENGTH = 40
COMMENT_LENGTH = 255
NO_AMOUNT = Decimal(0)


def control_body(receipt: CashReceipt, creator: str) -> dict[str, Any]:
    """A file with one receipt, for a company that groups transactions in files."""
    return {
        "Batch": receipt.batch,
        "Description": receipt.description[:DESCRIPTION_LENGTH],
        "Recurring": "N",
        "EndDate": _day(receipt.received_on),
        "Total": receipt.total,
        "DefaultBank": receipt.bank_code,
        "Selected": "N",
        "Posted": "N",
        "Creator": creator,
        "Period": receipt.period,
        "Company": receipt.company,
        "crMaster": [_master(receipt)],
        "crDetail": _details(receipt),
    }


def master_body(receipt: CashReceipt) -> dict[str, Any]:
    """A receipt by itself, for a company that does not use files."""
    return {**_master(receipt), "crDetail": _details(receipt)}


def _master(receipt: CashReceipt) -> dict[str, Any]:
    return {
        "Batch": receipt.batch,
        "RefNo": receipt.ref_no,
        "TransDate": _day(receipt.received_on),
        "TransComment": receipt.comment[:COMMENT_LENGTH],
        "Posted": "N",
        "BankCode": receipt.bank_code,
        "Seq": 1,
        "CurrencyCode": receipt.currency,
        "CurrencyExchangeOverrideMethod": "N",
        "CurrencyExchangeOverrideDate": "",
        "CurrencyExchangeOverrideRate": 0,
        "Status": "N",
        "AuthorizedBy": "",
        "RejectReason": "",
        "ModUser": "",
        "ModDate": "",
        "Diary": "",
        "DiaryNo": 0,
    }


def _details(receipt: CashReceipt) -> list[dict[str, Any]]:
    return [_detail(receipt, row, seq) for seq, row in enumerate(receipt.rows, start=1)]


def _detail(receipt: CashReceipt, row: ReceiptRow, seq: int) -> dict[str, Any]:
    return {
        "Batch": receipt.batch,
        "RefNo": receipt.ref_no,
        "PKey": _pkey(receipt.batch, seq),
        "Seq": seq,
        "Description": receipt.description[:DESCRIPTION_LENGTH],
        "WBS1": row.wbs.wbs1,
        "WBS2": row.wbs.wbs2,
        "WBS3": row.wbs.wbs3,
        "Invoice": row.invoice,
        "Account": row.account,
        "Amount": row.amount,
        "Interest": _flag(row.interest),
        "TaxCode": "",
        "TaxBasis": 0,
        "Retainer": _flag(row.retainer),
        "CurrencyExchangeOverrideRate": 0,
        "SourceCurrencyCode": "",
        "SourceBalance": "",
        "SourceAmount": 0,
        "SourceExchangeInfo": "",
        "LinkCompany": "",
        "PreInvoice": "",
    }


def _pkey(batch: str, seq: int) -> str:
    """32 hex characters that are the same whenever the same receipt is written."""
    return hashlib.sha256(f"{batch}|{seq}".encode()).hexdigest()[:32]


def _flag(value: bool) -> str:
    return "Y" if value else "N"


def _day(value: date) -> str:
    return f"{value:%Y-%m-%d}T00:00:00.000"
