"""The catalogue of reasons: code, title, sentence, whose job, one action. Words only, no rules.

A sentence is a `str.format` template over the facts named in `FACTS`, where each has the words that stand in
for it when it is not known. Words are those of `product.md` §2.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Whose(StrEnum):
    """Who has to do something before the document goes on."""

    YOU = "you"
    BOOKKEEPER = "bookkeeper"
    DEVELOPER = "developer"
    ITSELF = "itself"

    @property
    def label(self) -> str:
        """The words on screen."""
        return _LABELS[self]


_LABELS = {
    Whose.YOU: "Waiting for you",
    Whose.BOOKKEEPER: "Waiting for your bookkeeper",
    Whose.DEVELOPER: "Waiting for your site's developer",
    Whose.ITSELF: "Waits by itself",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a document waits. `sentence` is a template over named facts; `action` is the label of a button or link."""

    code: str
    title: str
    sentence: str
    whose: Whose
    action: str


FACTS = {
    "account": "the chosen account",
    "arrived": "less",
    "amount": "the amount",
    "amount_due": "what is still due",
    "bank_currency": "another currency",
    "contact": "the contact",
    "currency": "its currency",
    "date": "its date",
    "email": "an e-mail address",
    "excess": "the rest",
    "fee": "a fee",
    "gallery_currency": "another currency",
    "gallery_rate": "another percentage",
    "gallery_tax": "another amount",
    "gallery_total": "another amount",
    "line": "the largest one",
    "lock_date": "the lock date",
    "method": "this payment's method",
    "missing": "a part",
    "number": "this invoice",
    "option": "an option",
    "other": "an invoice",
    "scope": "a permission",
    "short": "a part",
    "status": "closed",
    "sync_from": "the Sync From Date",
    "tax_option": "this tax option",
    "tax_rate": "the chosen tax rate",
    "tax_type": "the chosen tax rate",
    "total": "its total",
    "until": "a little later",
    "who": "Somebody",
    "xero": "no further explanation",
    "xero_currency": "one currency",
    "xero_email": "another e-mail address",
    "xero_name": "another name",
    "xero_rate": "another percentage",
    "xero_tax": "one amount",
    "xero_total": "one amount",
}

UNKNOWN = Reason(
    "unknown",
    "Something needs a look",
    "This document was not sent, and the reason is not in our list. Nothing is lost.",
    Whose.DEVELOPER,
    "Show the details",
)

_YOU, _BOOKKEEPER, _DEVELOPER, _ITSELF = Whose.YOU, Whose.BOOKKEEPER, Whose.DEVELOPER, Whose.ITSELF

# One row per reason: code, title, sentence, whose job, action.
# fmt: off
_ROWS = (
    # What the settings do not answer yet
    ("mapping_incomplete", "Settings are not complete",
     "Please choose {missing} on the settings page; until then this cannot be sent.", _YOU, "Edit the settings"),
    ("payment_method_unmapped", "No bank account for this payment method",
     "{method} has no account in Xero yet, so its payments wait. The invoices go.", _YOU, "Choose the account"),
    ("tax_option_unmapped", "No tax rate for this tax option",
     "The line “{line}” has the tax option {tax_option}, which has no tax rate of Xero yet.",
     _YOU, "Choose the tax rate"),
    ("tax_option_missing", "A line has no tax option",
     "The invoice carries tax, but its line “{line}” says nothing about tax.", _YOU, "Open the invoice"),
    ("account_unusable", "An account can no longer be used",
     "{account} was archived, removed or changed in Xero and takes no postings from here.",
     _BOOKKEEPER, "Choose another account"),
    ("tax_rate_unusable", "A tax rate can no longer be used",
     "{tax_rate} was archived, removed or cannot be used for sales in Xero.",
     _BOOKKEEPER, "Choose another tax rate"),
    ("tax_rate_changed", "Two different percentages",
     "{tax_option} is {gallery_rate} in your gallery, but {tax_rate} is {xero_rate} in Xero.",
     _BOOKKEEPER, "Check the tax rates"),
    ("tax_not_registered", "Tax without a tax registration",
     "The invoice carries tax of {gallery_tax}, but the organisation in Xero is not registered for tax.",
     _BOOKKEEPER, "Check the organisation"),
    # What does not add up
    ("total_differs", "The totals do not agree",
     "Your client was asked for {gallery_total}, Xero would make it {xero_total}. Look at the line “{line}” first.",
     _YOU, "Open the invoice"),
    ("tax_differs", "The tax does not agree",
     "The invoice says {gallery_tax} tax, Xero would make it {xero_tax}. Look at the line “{line}” first.",
     _YOU, "Open the invoice"),
    ("tax_rounded", "The tax differs by rounding",
     "{number} says {gallery_tax} tax in your gallery and {xero_tax} in Xero, which rounds the tax of every line. "
     "The totals agree.", _ITSELF, "Open the invoice"),
    ("amount_too_precise", "An amount with too many decimals",
     "{amount} has more than two decimals, and Xero keeps two.", _YOU, "Open the invoice"),
    ("zero_total", "Nothing to pay",
     "The total of {number} is zero, so it is not sent. It is listed so that your numbers stay explained.",
     _ITSELF, "Open the invoice"),
    ("negative_total", "Less than nothing to pay",
     "The total of {number} is {total}. Xero takes no negative invoices: your bookkeeper enters a credit note.",
     _BOOKKEEPER, "Open the invoice"),
    ("no_lines", "An invoice without lines",
     "{number} asks for {total} but has no lines, so there is nothing to book.", _YOU, "Open the invoice"),
    # Currencies
    ("currency_not_enabled", "A currency that Xero does not have yet",
     "The currency {currency} is not switched on in your Xero organisation.", _BOOKKEEPER, "Add the currency in Xero"),
    ("currency_rate_missing", "No exchange rate",
     "The invoice is in {currency} and has no exchange rate that Xero could use.", _YOU, "Enter the exchange rate"),
    ("currency_policy_missing", "Which exchange rate?",
     "The invoice is in {currency}, and your gallery has no exchange rate for it. Please choose once whether Xero's "
     "rate of the day shall count.", _YOU, "Edit the settings"),
    ("base_currency_differs", "Two base currencies",
     "Your gallery's exchange rates are for {gallery_currency}, but the organisation in Xero keeps its books in "
     "{xero_currency}, so {currency} cannot be converted. Connect an organisation with your gallery's currency, or "
     "enter the invoice in Xero by hand.",
     _BOOKKEEPER, "Decide with your bookkeeper"),
    ("bank_amount_needed", "What arrived in the bank?",
     "The payment of {amount} went to {account}, which is kept in {bank_currency}. Please enter what arrived there.",
     _YOU, "Enter the bank amount"),
    ("refund_bank_amount_needed", "What left the bank?",
     "The refund of {amount} was paid from {account}, which is kept in {bank_currency}. Please enter what left it.",
     _YOU, "Enter the bank amount"),
    # Dates
    ("period_locked", "The month is closed",
     "It is dated {date}, but the books are locked up to {lock_date}.", _BOOKKEEPER, "Decide with your bookkeeper"),
    ("period_refused", "The month was closed just now",
     "The books were locked while {number} was under way. It is looked at again with the next run. "
     "Xero says: {xero}", _BOOKKEEPER, "Decide with your bookkeeper"),
    ("dated_before_sync_from", "Before the Sync From Date",
     "It is dated {date}; only invoices from {sync_from} on are sent.", _YOU, "Change the Sync From Date"),
    ("paid_before_sync_from", "Older invoice, paid later",
     "The invoice of {date} is older than {sync_from} and is not sent, but money came in afterwards. "
     "Link it with its invoice in Xero so that the payment is not lost.", _YOU, "Link"),
    ("issued_before_connection", "Older than the connection",
     "It was issued before you connected to Xero, and Copy All Existing Invoices is off.",
     _YOU, "Switch on Copy All"),
    ("future_sync_date", "Sync From Date is in the future",
     "Nothing is sent before {sync_from}.", _ITSELF, "Change the Sync From Date"),
    ("draft_or_not_issued", "Not issued yet",
     "Invoices are sent when they are issued.", _YOU, "Open the invoice"),
    ("cancelled_never_sent", "Cancelled before it was sent",
     "It was cancelled or deleted before it reached Xero, so there is nothing to book.", _ITSELF, "Open the invoice"),
    ("settling_down", "Just issued",
     "It is sent at {until}, so that you can still correct a typing error.", _ITSELF, "Send now"),
    ("stopped_asking", "Not asked about any more",
     "{who} pressed Stop asking. It is not sent unless somebody presses Ask again.", _ITSELF, "Ask again"),
    # Contacts
    ("contact_ambiguous", "Which contact is it?",
     "Xero has several contacts that may be {contact}.", _YOU, "Choose the contact"),
    ("contact_email_differs", "Same name, other e-mail",
     "Xero has a contact {contact} with {xero_email}; in your gallery it is {email}.", _YOU, "Choose the contact"),
    ("contact_archived", "The contact is archived in Xero",
     "{contact} is archived in Xero, and Xero takes no invoices for archived contacts.",
     _BOOKKEEPER, "Restore the contact in Xero"),
    ("contact_name_missing", "A contact without a name",
     "The contact has neither a company nor a name, and Xero asks for one.", _YOU, "Open the contact"),
    ("name_adjusted", "Another name in Xero",
     "{contact} stands in Xero as “{xero_name}”.", _ITSELF, "Open the contact"),
    ("email_left_out", "E-mail address left out",
     "Xero does not take the address {email}, so {contact} stands there without one.", _ITSELF, "Open the contact"),
    ("waiting_for_contact", "Waiting for its contact",
     "{contact} has to stand in Xero first.", _ITSELF, "Show the contact"),
    # What stood in the books before
    ("maybe_in_books", "Perhaps in your books already",
     "Xero has {other}, and that may be {number}. It is not sent before you have said whether it is the same sale.",
     _YOU, "Decide"),
    ("never_send", "Already in the books",
     "You said that {number} stands in the books already, so it is never sent.", _ITSELF, "Open the invoice"),
    ("waiting_for_books", "Its invoices may be in your books already",
     "{contact} is created in Xero only when you have decided about its invoices.", _ITSELF, "Decide"),
    ("contact_not_needed", "Not needed in Xero",
     "The invoices of {contact} stand in Xero already or are never sent, so nobody had to be created.",
     _ITSELF, "Open the contact"),
    # The first run
    ("first_run_draft", "A draft to look at first",
     "{number} is one of the first five and stands in Xero as a draft. Nothing else is sent before you go on.",
     _YOU, "Look and go on"),
    ("first_run_approving", "Is being approved",
     "{number} stands in Xero as a draft, and is approved with the next documents.", _ITSELF, "Look again"),
    ("approval_refused", "Xero did not approve it",
     "{number} is still a draft in Xero. It says: {xero}", _BOOKKEEPER, "Approve it in Xero"),
    # Payments
    ("waiting_for_invoice", "Waiting for its invoice",
     "{number} has to stand in Xero first.", _ITSELF, "Show the invoice"),
    ("invoice_not_approved", "The invoice is not approved yet",
     "{number} is still a draft or Awaiting approval in Xero; its payments are sent once it is approved.",
     _BOOKKEEPER, "Approve it in Xero"),
    ("invoice_not_payable", "The invoice takes no payments",
     "{number} is {status} in Xero, so the payment of {amount} cannot be booked on it.",
     _BOOKKEEPER, "Open it in Xero"),
    ("nothing_due", "Nothing is due any more",
     "{number} is settled in Xero already, so the payment of {amount} was not booked.",
     _BOOKKEEPER, "Compare with Xero"),
    ("overpayment", "More than was due",
     "Of the payment of {amount} only {amount_due} was due; {excess} waits.", _BOOKKEEPER, "Decide about the rest"),
    ("payment_short", "Less arrived than was paid",
     "The client is credited with {amount}, but {arrived} arrived: {short} short. Was it a bank charge, or is it "
     "still owed?", _BOOKKEEPER, "Decide with your bookkeeper"),
    ("fee_to_book", "A fee to book",
     "Of the {amount} by {method} a fee of {fee} was kept. It is not booked from here.",
     _BOOKKEEPER, "Book the fee in Xero"),
    ("partly_credited", "Partly settled by a credit",
     "{amount} of {number} was credited or written off in Xero and counts as settled.",
     _ITSELF, "Open it in Xero"),
    ("credit_to_use", "Paid by a credit",
     "{amount} of {number} is paid by {method}, which brings no money into a bank. Please use the client's open credit "
     "for {number} in Xero.", _BOOKKEEPER, "Open it in Xero"),
    ("credit_used", "Settled by a credit",
     "{amount} of {number} is paid by {method}, and a credit of at least that was used for it in Xero.",
     _ITSELF, "Open it in Xero"),
    ("payment_not_positive", "No money received",
     "A payment of {amount} is no money received. Please enter money that went back as a refund.",
     _YOU, "Open the invoice"),
    ("booked_by_hand_unclear", "Booked in Xero already?",
     "Xero has a payment on {number} that may or may not be this one of {amount}.",
     _BOOKKEEPER, "Compare the payments"),
    ("credited_by_hand_unclear", "Credited in Xero already?",
     "Xero has a credit note of this client that may or may not be the one for {number} over {amount}.",
     _BOOKKEEPER, "Compare the credit notes"),
    ("recognised_by_hand", "Entered by hand in Xero",
     "Somebody had entered the payment for {number} in Xero already; it was recognised and not sent again.",
     _ITSELF, "Open it in Xero"),
    ("refund_needs_bookkeeper", "A refund to book",
     "{amount} was given back for {number}. Please book it in Xero as a credit note with its refund.",
     _BOOKKEEPER, "Show the steps"),
    # What stands in Xero
    ("number_taken", "The number is taken in Xero",
     "Xero has another invoice {number} already. Is it the same sale?", _YOU, "Decide"),
    ("number_burnt", "The number was used up in Xero",
     "A deleted or voided invoice in Xero had the number {number}, and Xero gives no number twice. Cancel the invoice "
     "in your gallery and issue it again: it gets a new number.", _YOU, "Open the invoice"),
    ("marker_conflict", "A document of ours that does not fit",
     "Xero has an invoice that carries our mark for {number}, but with another currency or contact.",
     _BOOKKEEPER, "Compare both"),
    ("total_mismatch_in_xero", "Xero has another total",
     "{number} is {gallery_total} in your gallery and {xero_total} in Xero.", _BOOKKEEPER, "Compare both"),
    ("voided_in_xero", "Voided or deleted in Xero",
     "Somebody voided or deleted {number} in Xero. It is not created again by itself.",
     _BOOKKEEPER, "Open it in Xero"),
    ("changed_after_sending", "Changed after its month was over",
     "{number} is {gallery_total} in your gallery now and {xero_total} in Xero. Its month is over, so Xero keeps it: "
     "your bookkeeper enters a credit note and a new invoice.", _BOOKKEEPER, "Compare both"),
    ("changed_after_payment", "Changed after money came in",
     "{number} is {gallery_total} in your gallery now and {xero_total} in Xero. It is paid or credited in part, so "
     "its lines can no longer change: your bookkeeper enters a credit note and a new invoice.",
     _BOOKKEEPER, "Compare both"),
    ("details_changed_after_sending", "Changed after its month was over",
     "{number} is {gallery_total} in your gallery and in Xero, but its date, client or lines are others now. Its month is "
     "over, so Xero keeps it: your bookkeeper decides whether to correct it.", _BOOKKEEPER, "Compare both"),
    ("details_changed_after_payment", "Changed after money came in",
     "{number} is {gallery_total} in your gallery and in Xero, but its date, client or lines are others now. It is paid "
     "or credited in part, so it can no longer change from here: your bookkeeper decides whether to correct it.",
     _BOOKKEEPER, "Compare both"),
    ("edited_in_both", "Changed on both sides",
     "{number} was changed in your gallery and in Xero: {gallery_total} here, {xero_total} there. Nothing in Xero "
     "was overwritten.", _BOOKKEEPER, "Compare both"),
    ("edited_in_xero_cancelled_here", "Cancelled here, changed in Xero",
     "{number} was cancelled in your gallery, but somebody changed it in Xero after it was sent.",
     _BOOKKEEPER, "Void or credit it in Xero"),
    ("credited_in_xero", "Credited in Xero already",
     "{number} was credited in Xero already, so nothing was left to do.", _ITSELF, "Open it in Xero"),
    ("credited_instead", "By a credit note",
     "{number} keeps its lines in Xero; {amount} is taken off by a credit note of its own.", _ITSELF, "Open it in Xero"),
    ("changed_again", "Overtaken by a later change",
     "{number} was changed again, or back, before this was sent.", _ITSELF, "Open the invoice"),
    ("cancelled_by_person", "Cancelled in Xero",
     "{who} cancelled {number} in Xero. That number is spent, because Xero gives no number twice, and nothing is sent "
     "again by itself. You can send this sale again under a new number.", _ITSELF, "Send again"),
    ("not_cancelled_paid", "Money came in",
     "{number} is paid in your gallery or in Xero, in part or in full, or settled by a credit, so it stays in Xero. "
     "Cancel it in your gallery, or ask your bookkeeper for a credit note; a draft can be deleted in Xero itself.",
     _ITSELF, "Open it in Xero"),
    ("not_cancelled_older", "Sent before today",
     "{number} was sent before today, and your books may rely on it by now, so it stays in Xero. Cancel it in your "
     "gallery, or ask your bookkeeper.", _ITSELF, "Open it in Xero"),
    ("not_cancelled_changed", "Changed in Xero",
     "Somebody changed {number} in Xero after it was sent, so it stays there.", _ITSELF, "Open it in Xero"),
    ("not_cancelled_found", "Was in Xero already",
     "{number} was not created from here but found in Xero, or linked by a person, so it stays there.",
     _ITSELF, "Open it in Xero"),
    ("not_cancelled_kind", "Not an invoice",
     "Only invoices are cancelled from here, so {number} stays as it is.", _ITSELF, "Open it in Xero"),
    ("deleted_after_sending", "Erased after it was sent",
     "{number} was erased in your gallery and still stands in Xero.", _BOOKKEEPER, "Decide about it in Xero"),
    ("payment_reconciled", "The payment is reconciled",
     "The payment of {amount} on {number} was changed or removed in your gallery, but it is reconciled with the bank "
     "in Xero and stays there.", _BOOKKEEPER, "Correct it in Xero"),
    ("payment_entered_by_hand", "Somebody entered this payment in Xero",
     "The payment of {amount} on {number} was changed or removed in your gallery. It was entered by hand in Xero, so "
     "it is not deleted from here.", _BOOKKEEPER, "Correct it in Xero"),
    ("credit_to_take_back", "Credit to take back",
     "The payment of {amount} on {number} by the client's credit was changed or removed in your gallery. Please take the "
     "credit back from {number} in Xero.", _BOOKKEEPER, "Open it in Xero"),
    ("open_credit", "The client's open credit",
     "The credit of {amount} for {number} is not paid back yet. It stays open for the client.",
     _ITSELF, "Open it in Xero"),
    ("credit_unclear", "How to credit it is not clear",
     "{amount} of {number} is to be credited, but not from which line. Please credit it in Xero.",
     _BOOKKEEPER, "Open it in Xero"),
    ("refund_changed_after_sending", "Refund changed after it was sent",
     "The refund of {amount} on {number} was changed or removed in your gallery; Xero still has it as it was.",
     _BOOKKEEPER, "Correct it in Xero"),
    ("waiting_for_correction", "Waiting for a correction",
     "A correction of {number} has to reach Xero first.", _ITSELF, "Show the invoice"),
    # Xero and the connection
    ("theme_missing", "The look is missing in Xero",
     "The branding theme that {number} was to have is no longer in Xero, so it has the usual one.",
     _ITSELF, "Edit the settings"),
    ("tracking_missing", "Sent without tracking",
     "Xero has no tracking option for {option}, so {number} was sent without it.", _ITSELF, "Edit the settings"),
    ("plan_limit_reached", "Your Xero plan is used up",
     "Your Xero plan allows only so many invoices a month, so {number} was not taken. It is tried again with every "
     "run. Xero says: {xero}", _BOOKKEEPER, "Change the plan in Xero"),
    ("xero_refused", "Xero refused it",
     "Xero did not take it. It says: {xero}", _BOOKKEEPER, "Correct and try again"),
    ("xero_unreachable", "Xero cannot be reached",
     "Xero did not answer. It is tried again by itself.", _ITSELF, "Try now"),
    ("checking_with_xero", "Checking what arrived",
     "Xero did not confirm. Before anything is sent again we look whether it arrived.", _ITSELF, "Look again"),
    ("organisation_paused", "A short pause",
     "Xero allows only so many calls. It continues at {until}.", _ITSELF, "Show the pause"),
    ("needs_reauth", "Please reconnect",
     "Xero no longer accepts the connection. Nothing is lost; it goes on after you reconnect.", _YOU, "Reconnect"),
    ("disconnected", "Disconnected",
     "The organisation is disconnected. Your invoices stay in Xero, and new ones wait here.", _YOU, "Reconnect"),
    ("scope_missing", "A permission is missing",
     "Xero was not allowed to let us do this ({scope}). Reconnect and allow access again.", _YOU, "Reconnect"),
    # Our side
    ("needs_config", "A key is missing",
     "The stored permission cannot be opened with the keys that the site has. Nothing is lost: with the right key "
     "in its configuration it goes on.", _DEVELOPER, "Try again"),
    ("gallery_failed", "The gallery site did not answer",
     "The gallery's own data could not be read. It is tried again by itself.", _DEVELOPER, "Try now"),
    ("internal", "An error of ours",
     "Something went wrong in the Xero connection. It was noted, and nothing was sent twice.",
     _DEVELOPER, "Try again"),
)
# fmt: on

CATALOGUE = tuple(Reason(*row) for row in _ROWS)
