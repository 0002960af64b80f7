"""The public HTTP surface: JSON and server-sent events."""
