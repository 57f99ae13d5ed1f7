"""The export: the gallery's invoices, their contacts and payments to Xero, exactly once.

`scan` turns the gallery's changes into ledger rows (T0); `drain` claims an organisation and works its rows off in
slices, phase by phase: `read_back`, `contact_phase`, `invoice_phase`, `payment_phase`; `sending` is the one place
where something is written ahead, sent and recorded (T2, N, T3). The design is `export-protocol.md`.

What changes after it was sent is found by `after_sending` and carried out by phases of its own: `update_phase`,
`cancel_phase`, `payment_removal_phase`, `credit_note_phase`, `refund_phase`; a payment by the client's credit is
`credit_use`. Each reads what stands in Xero
(`correcting`), asks `domain.changes` what that means, and sends, or says why not.
"""

from .drain import Export

__all__ = ["Export"]
