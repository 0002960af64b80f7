"""HTTP routes of the stock service."""
