"""Values and rules of identity; no I/O."""
