"""Prices, sessions and the notes that follow from them."""
