"""Use cases of the chat service and the ports they need."""
