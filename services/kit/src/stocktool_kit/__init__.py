"""Shared plumbing of the StockTool services."""
