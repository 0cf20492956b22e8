"""The knowledge of ml-connector: what is read where, what is written where, and why it is safe to do it again."""

__version__ = "0.1.0"
