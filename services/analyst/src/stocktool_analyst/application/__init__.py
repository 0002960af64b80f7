"""From a request of the Responses API to the next reply."""
