"""Composition root: settings in, running parts out; a module per kind of process, so that each imports only its own."""
