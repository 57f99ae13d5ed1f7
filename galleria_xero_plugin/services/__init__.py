"""The use cases. Each knows the ports and the rules, never an adapter, Flask or a global."""
