"""The second gallery sold before it had the plugin: five of its invoices were typed into Xero by hand."""
from galleria_xero_plugin.demo import hand_typed, models
from galleria_xero_plugin.simulator import HARBOUR, Simulator


def test_five_sales_stand_in_xero_as_a_person_wrote_them(site):
    with site.app_context(), Simulator() as xero:
        hand_typed.type_in(models.db.session(), xero.url)
        org = xero.world.organisations[HARBOUR]
        people = org.table("Contacts").rows
        typed = {row["Reference"]: row for row in org.table("Invoices").rows.values() if row.get("Reference")}
        sold = models.db.session.query(models.Invoice).join(models.Gallery).filter(
            models.Gallery.name == hand_typed.GALLERY, models.Invoice.number.in_(hand_typed.TYPED)).all()
        assert len(sold) == 5
        for invoice in sold:
            contact, reference = hand_typed.TYPED[invoice.number]
            row = typed[reference]
            assert row["Total"] == invoice.total and row["InvoiceNumber"].startswith("INV-")
            assert people[row["Contact"]["ContactID"]]["Name"] == contact != invoice.contact.name
            assert row["AmountPaid"] == invoice.paid
