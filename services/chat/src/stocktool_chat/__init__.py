"""Conversations, turns, the tool loop and receipts."""
