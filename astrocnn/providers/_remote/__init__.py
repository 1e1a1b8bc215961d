"""Services: what to ask, how to ask politely, and what of the answers is kept."""

__all__ = []
