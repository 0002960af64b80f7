"""Audit view, queues, users, health of the mesh."""
