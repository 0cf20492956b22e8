"""The columns of the hubs and of what can only be read: ledger, receivables, settings.

Names: Deltek's public Postman documents (4.0 to 7.1) and GO scjalliance/vantagepoint firms.go, contacts.go,
projects.go, gl.go, ar_review.go, settings.go, keycvt.go.
"""

from connector.sandbox.vantagepoint.tables import Column, Table, dates, flags, numbers, texts

FIRM = Table(
    "firm",
    ("ClientID",),
    (
        Column("ClientID", length=32, required=True),
        *texts("Client Name", 100),
        Column("Status", "Dropdown", 1, default="A"),
        Column("ClientInd", "Checkbox", 1, default="Y"),
        *flags("VendorInd"),
        *texts("Vendor CustomCurrencyCode ExportInd Category Org ParentID SortName Type"),
        *texts("PrimaryAddress1 PrimaryAddress2 PrimaryCity PrimaryState PrimaryZip PrimaryCountry"),
        *texts("PrimaryPhone PrimaryEmail QBOID CreateUser"),
        *dates("CreateDate"),
        *texts("ModUser"),
        *dates("ModDate"),
    ),
)
FIRM_ADDRESS = Table(
    "CLAddress",
    ("CLAddressID",),
    (
        *texts("ClientID CLAddressID", 32),
        Column("Address", length=20, default="<Default>"),
        *texts("Addressee Address1 Address2 Address3 Address4 City State Zip Country Phone FAX Email"),
        *flags("PrimaryInd Billing Accounting Payment"),
        *texts("TaxRegistrationNumber TaxCountryCode"),
    ),
)
CONTACT = Table(
    "contact",
    ("ContactID",),
    (
        Column("ContactID", length=32, required=True),
        *texts("ClientID", 32),
        *texts("CLAddress FirstName LastName Title Email Phone CellPhone"),
        Column("ContactStatus", "Dropdown", 1, default="A"),
        *flags("Billing PrimaryInd QBOIsMainContact"),
        *texts("ModUser"),
        *dates("ModDate"),
    ),
)
PROJECT = Table(
    "project",
    ("WBS1", "WBS2", "WBS3"),
    (
        Column("WBS1", length=30, required=True),
        Column("WBS2", length=30, default=" "),
        Column("WBS3", length=30, default=" "),
        *texts("Name", 40),
        *texts("LongName ClientID ContactID CLAddress BillingClientID BillingContactID CLBillingAddr Org"),
        Column("Status", "Dropdown", 1, default="A"),
        Column("ChargeType", "Dropdown", 1, default="R"),
        *flags("SubLevel"),
        *texts("ProjectCurrencyCode BillingCurrencyCode", 3),
        *texts("ProjMgr PrincipalName EMail Phone"),
        Column("ReadyForProcessing", "Checkbox", 1, default="Y"),
        *texts("ModUser"),
        *dates("ModDate"),
    ),
)
PSA_LEDGER = Table(
    "PSALedger",
    ("Period", "PostSeq", "PKey"),
    (
        *texts("Batch"),
        *numbers("Period PostSeq"),
        *texts("PKey WBS1 WBS2 WBS3 Account Org TransType SubType RefNo"),
        *dates("TransDate"),
        *texts("Desc1 Desc2"),
        *numbers("Amount CBAmount BillExt TransactionAmount"),
        *texts("TransactionCurrencyCode"),
        *numbers("AmountProjectCurrency AmountBillingCurrency"),
        *texts("InvoiceSection Invoice InvoiceStatus TaxCode"),
        *numbers("TaxBasis TaxCBBasis"),
        *flags("AutoEntry"),
        *texts("BankCode CreditMemoRefNo LinkCompany PreInvoice SourceExchangeInfo"),
        *dates("PostDate"),
    ),
)
LEDGER_TAX = Table(
    "LedgerTax",
    ("Period", "PostSeq", "PKey"),
    (*numbers("Period PostSeq"), *texts("PKey TransType Invoice TaxCode"), *numbers("Amount TaxBasis")),
)
AR_BALANCE = Table(
    "ARBalance",
    ("WBS1", "Invoice"),
    (
        *texts("WBS1 WBS1Name Company Invoice"),
        *dates("InvoiceDate"),
        *texts("CreditMemoRefNo"),
        *numbers("Balance OriginalAmt"),
        *texts("BillingClientID BillingClient"),
    ),
)
AR_BALANCE_DETAIL = Table(
    "ARBalanceDetail",
    ("WBS1", "WBS2", "WBS3", "Invoice", "Account"),
    (
        *texts("Invoice CreditMemoRefNo WBS1 WBS2 WBS3 Account WBS1Name WBS2Name WBS3Name"),
        *texts("BillClientID BillClient BillingGroupWBS1 BillingGroupName"),
        *numbers("InvoiceAmount"),
    ),
)
AR_BALANCE_DETAIL_CR = Table(
    "ARBalanceDetailCR",
    ("WBS1", "WBS2", "WBS3", "Invoice"),
    (
        *texts("WBS1 WBS2 WBS3 Invoice"),
        *dates("CashReceiptDate"),
        *texts("Account TransType SubType InvoiceSection"),
        *numbers("Amount RetainerAmount"),
        *texts("WBS1Name WBS2Name WBS3Name"),
    ),
)
INVOICE_MASTER = Table(
    "InvoiceMaster",
    ("Invoice", "MainWBS1"),
    (
        *texts("Invoice MainWBS1"),
        *numbers("RecdSeq"),
        *dates("InvoiceDate"),
        *texts("BillWBS1 BillWBS2 BillWBS3"),
        *dates("FromDate ToDate"),
        *texts("Addressee Address1 Address2 Address3 Address4 OriginalInvoice"),
        *dates("DueDate"),
        *flags("PreInvoice"),
        *texts("ClientID Company FirmName RecordType"),
    ),
)
COMPANY = Table("Company", ("Company",), (*texts("Company FirmName FunctionalCurrencyCode Country Status"),))
PERIOD = Table(
    "Period",
    ("Period",),
    (
        *numbers("Period"),
        *texts("FmtPeriod"),
        *dates("AccountPdStart AccountPdEnd FYStart FYEnd"),
        *flags("ActiveCompanyClosed AllCompaniesClosed ApplytoAllCompanies"),
    ),
)
BANK = Table("CFGBANKS", ("Code",), (*texts("Code Description Company Org Account CurrencyCode"),))
