"""Stand-ins of both outside systems, for the demo, the tests and a customer's rehearsal.

Each is an HTTP server on the loopback address that keeps its own books, refuses what the real system refuses,
and takes orders from its operator under `/_sandbox/`. The product has no branch that knows of them.
"""
