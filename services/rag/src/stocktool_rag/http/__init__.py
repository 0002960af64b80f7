"""The public HTTP API below `/api/rag/v1`."""
