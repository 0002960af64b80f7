"""FastAPI application, problem documents, authentication of HTTP requests."""
