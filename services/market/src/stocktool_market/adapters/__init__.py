"""Where the prices come from."""
