"""The way in from RQ: the doorbell, the jobs it rings for, and the worker that answers.

The database row is the job; RQ only carries the word that there is something to do. A job that is lost, doubled,
late or out of order costs time, never correctness.
"""
