"""What people do with the control room, told as they would tell it: one file for each subject.

Each story runs on the real pages in Chromium, with the real services answered by a worker, against a simulated Xero,
and where something was sent it ends in that Xero's own tables.
"""
