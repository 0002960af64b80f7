"""Offline analyst: an OpenAI-compatible server that answers from tool results only (development)."""
