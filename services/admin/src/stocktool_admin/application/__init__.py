"""Use cases of operation and the ports they need."""
