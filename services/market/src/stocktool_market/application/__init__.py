"""What the market can be asked."""
