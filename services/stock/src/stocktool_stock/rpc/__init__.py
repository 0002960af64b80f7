"""gRPC services of the stock service."""
