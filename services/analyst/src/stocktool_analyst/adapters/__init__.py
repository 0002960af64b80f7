"""What the analyst finds outside itself."""
