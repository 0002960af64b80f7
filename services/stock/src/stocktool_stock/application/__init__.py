"""Use cases of the stock service and the ports they need."""
