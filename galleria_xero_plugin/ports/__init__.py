"""The ports: what the services need of the world, as Protocols and small frozen records.

`gallery` is the host site, `xero` the accounting service and its login, `store` our own tables,
`runtime` the queue, mail and clocks.
"""
