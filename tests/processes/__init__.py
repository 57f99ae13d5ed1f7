"""The product as it runs: site, worker, Valkey and Xero in processes of their own, killed and starved.

What is asserted stands in the gallery's own tables and in the books and the effects log of the simulated Xero.
"""
