"""Yahoo-shaped market server over bundled real prices (development)."""
