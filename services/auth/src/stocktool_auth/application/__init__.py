"""Use cases of identity and the ports they need."""
