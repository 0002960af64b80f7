"""Reads Japanese: a lexicon for what words are about, patterns for days, amounts and trades."""
