"""The internal gRPC API."""
