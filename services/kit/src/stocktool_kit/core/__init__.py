"""Values and rules every layer may use; the standard library only."""
