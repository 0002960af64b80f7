"""Documents: ingestion, chunks, search with page citations."""
