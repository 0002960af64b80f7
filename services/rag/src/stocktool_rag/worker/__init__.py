"""The consumer of the ingest queue."""
