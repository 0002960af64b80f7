"""Values and rules of operation; no I/O."""
