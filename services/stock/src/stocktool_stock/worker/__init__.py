"""Loops beside the servers."""
