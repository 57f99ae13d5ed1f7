"""The export: the gallery's invoices, their contacts and payments to Xero, exactly once.

`scan` turns the gallery's changes into ledger rows (T0); `drain` claims an organisation and works its rows off in
slices, phase by phase: `read_back`, `contact_phase`, `invoice_phase`, `payment_phase`; `sending` is the one place
where something is written ahead, sent and recorded (T2, N, T3). The design is `export-protocol.md`.
"""

from .drain import Export

__all__ = ["Export"]
