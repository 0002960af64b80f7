"""Documents, their states, pages, chunks and the ranking of hits. No I/O."""
