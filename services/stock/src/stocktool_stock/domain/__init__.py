"""Values, rules and calculations of the stock service."""
