"""Understanding a question, planning tools, writing an answer: pure functions."""
