"""Instruments, quotes, portfolios, the ledger and its analytics."""
