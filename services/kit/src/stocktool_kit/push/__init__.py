"""Hints from pod to pod that something a user watches has changed."""
