"""The route table and the renderer of the Envoy configuration."""
