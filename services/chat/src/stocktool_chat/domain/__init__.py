"""Rules of conversations, figures and receipts; no I/O."""
