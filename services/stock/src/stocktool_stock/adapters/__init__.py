"""Ports of the stock service over AWS, vendors and files."""
