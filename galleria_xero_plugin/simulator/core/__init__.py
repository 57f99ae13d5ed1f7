"""The rules of the local Xero, without I/O.

Everything here takes data and a clock reading and returns data. The Flask skin, the store and the
command line live one folder up. The source of each rule is named in its docstring as a section of
``xero-facts.md``.
"""
