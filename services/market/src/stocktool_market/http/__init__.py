"""The wire that yfinance speaks."""
