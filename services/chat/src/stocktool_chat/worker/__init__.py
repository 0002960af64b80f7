"""Loops that run turns and take over those whose pod has died."""
