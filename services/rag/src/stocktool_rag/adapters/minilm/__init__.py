"""The local embedder: all-MiniLM-L6-v2 with 8-bit weights, on plain CPUs, without network."""

from stocktool_rag.adapters.minilm.embedder import MiniLmEmbedder

__all__ = ["MiniLmEmbedder"]
