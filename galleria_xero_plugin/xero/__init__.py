"""The outward adapter: everything that knows Xero's wire (ports: `ports/xero.py`)."""
