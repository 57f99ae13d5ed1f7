"""Seeded universes: a gallery, the real services and a simulated Xero in one process and in virtual time.

`clockwork` owns the time and lets workers die and freeze; `wire` is the line to Xero and its faults; `site` is the
host's site around the real services; `universe` lets things happen, all of them drawn from one integer; `audit`
judges by what stands in Xero and in the gallery; `variants` are engines with one rule switched off, which the audit
has to catch. `python3 tests --chaos 10000` runs many of them, `--chaos 1 --seed N` tells the story of one.
"""
