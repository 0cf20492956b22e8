"""Follow the whole life of the money, and of the invoice."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# What rows that stand already take; the program itself writes every value.
ADDED_WITH: dict[str, tuple[tuple[str, Any, str], ...]] = {
    "invoices": (
        ("retainage", sa.BigInteger(), "0"),
        ("settled_elsewhere", sa.BigInteger(), "0"),
        ("credited", sa.BigInteger(), "0"),
        ("settle_version", sa.Integer(), "0"),
        ("revision", sa.Integer(), "0"),
        ("stripe_number", sa.Text(), "''"),
        ("former_stripe_ids", postgresql.JSONB(), "'[]'"),
        ("outdated", sa.Text(), "''"),
        ("written_back", sa.Text(), "''"),
        ("write_back_version", sa.Integer(), "0"),
    ),
    "movements": (
        ("company", sa.Text(), "''"),
        ("settles", sa.BigInteger(), "0"),
        ("by_hand", sa.Boolean(), "false"),
    ),
}
MOMENTS = (("invoices", "deltek_read_at"), ("tenants", "receipts_read_to"), ("tenants", "compared_at"))
OLD_KEY = ["tenant_id", "kind", "stripe_id", "invoice_id"]


def upgrade() -> None:
    for table, columns in ADDED_WITH.items():
        for name, kind, default in columns:
            op.add_column(table, sa.Column(name, kind, nullable=False, server_default=sa.text(default)))
            op.alter_column(table, name, server_default=None)
    for table, name in MOMENTS:
        op.add_column(table, sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("invoices", sa.Column("pay_token", sa.Text(), nullable=True))
    op.create_unique_constraint(op.f("uq_invoices_pay_token"), "invoices", ["pay_token"])
    # Every movement so far was an invoice's own money.
    op.execute("UPDATE movements SET settles = amount")
    op.execute(
        "UPDATE movements SET company = invoices.company FROM invoices WHERE invoices.id = movements.invoice_id"
    )
    op.alter_column("movements", "invoice_id", nullable=True)
    op.drop_constraint(op.f("uq_movements_tenant_id_kind_stripe_id_invoice_id"), "movements", type_="unique")
    op.create_index(op.f("ix_movements_stripe_id"), "movements", ["stripe_id"])
    op.create_unique_constraint(op.f("uq_movements_tenant_id_batch"), "movements", ["tenant_id", "batch"])


def downgrade() -> None:
    op.drop_constraint(op.f("uq_movements_tenant_id_batch"), "movements", type_="unique")
    op.drop_index(op.f("ix_movements_stripe_id"), table_name="movements")
    op.create_unique_constraint(
        op.f("uq_movements_tenant_id_kind_stripe_id_invoice_id"), "movements", OLD_KEY
    )
    op.alter_column("movements", "invoice_id", nullable=False)
    op.drop_column("invoices", "pay_token")
    for table, name in MOMENTS:
        op.drop_column(table, name)
    for table, columns in ADDED_WITH.items():
        for name, _, _ in columns:
            op.drop_column(table, name)
