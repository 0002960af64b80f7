"""How well search finds the right page, on documents written for it: `make eval-rag`."""
