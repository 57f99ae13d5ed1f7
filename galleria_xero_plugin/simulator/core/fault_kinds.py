"""The kinds of faults, by the place where they enter, and what the gateway answers for its own.

The rows of faults.md and the kinds that bring them about; ``path="/connect/token"`` aims at the refresh:

=======  ============================================================================================
F21      drop_before, hang, status
F22      drop, half, delay
F23      late
F24      drop, then a clock moved on, ``time_scale``, or ``/_simulator/keys/forget``
F25      500_before, 500_after
F26      503 and offline with count 0 until cleared
F27      429 with problem minute, day, concurrent, appminute
F28      429 with any retry_after
F29      html, xml, truncate, charset, oversized, gzip_bomb
F30      reordered, missing, doubled, zero_guid
F31      cent_off, and an edit by the bookkeeper where the books themselves shall differ
F32      redirect
F33      none: the simulator speaks plain http
F34      stale, and 429, 503 or drop with method GET
F35      churn
F37-F39  drop, 500_after, status, 429, hang on /connect/token
F40-F41  invalid_grant, or the switches refresh_grace and refresh_grace_once
F42      401, ``/_simulator/tokens/expire``
F44-F45  disconnect, 403, wrong_tenant
F58      the bookkeeper's lock
=======  ============================================================================================
"""

from __future__ import annotations

# Nothing is executed; the answer, if any, comes from in front of Xero and is not cached.
GATEWAY = {
    "503": "503 with html: maintenance",
    "offline": "503 in plain text: this organisation is offline",
    "429": "429 with retry_after (any text, or none) and problem: minute, day, concurrent, appminute",
    "status": "the given status with an empty body",
    "401": "401 TokenExpired in the gateway's format",
    "403": "403 AuthenticationUnsuccessful in the gateway's format",
    "redirect": "3xx (status, else 302) to location",
    "invalid_grant": "400 invalid_grant, as a token endpoint answers",
    "key_store_down": "500 for calls with an idempotency key; others pass",
    "drop_before": "the connection is cut",
    "hang": "the connection is cut after seconds without an answer",
    "late": "the connection is cut after hold seconds; the call is executed seconds after it arrived",
}
# The core: executed or not, the answer is cached under the key.
CORE = {
    "500_before": "500, nothing executed",
    "500_after": "executed and kept, answered 500",
    "slow": "executed only after seconds, while the client waits and the key is in progress",
    "stale": "a read that does not see what was written in the last seconds",
    "wrong_tenant": "executed, answered from another organisation's books",
    "churn": "before a list is read, its first record is edited and so moves to the end",
    "disconnect": "the organisation's owner removes the app just before the call",
}
# The wire: executed and kept, and cached in its sound form.
WIRE = {
    "drop": "the connection is cut instead of an answer",
    "half": "the connection is cut in the middle of the body",
    "delay": "answered after seconds",
    "truncate": "half of the body, as if that were all",
    "html": "answered 200 with an html page",
    "xml": "answered in XML",
    "charset": "the body is UTF-16, whatever the header says",
    "oversized": "size bytes of white space follow the body, streamed",
    "gzip_bomb": "Content-Encoding gzip: a small body that unpacks to size bytes",
    "reordered": "the elements in reverse order",
    "missing": "without the first element",
    "doubled": "the first element twice",
    "zero_guid": "the id of the first element is all zeros",
    "cent_off": "totals and amounts a cent too high",
}
KINDS = {
    **{kind: f"gateway: {words}, nothing executed" for kind, words in GATEWAY.items() if kind != "late"},
    "late": f"gateway: {GATEWAY['late']}",
    **{kind: f"core: {words}" for kind, words in CORE.items()},
    **{kind: f"wire: executed, {words}" for kind, words in WIRE.items()},
}
