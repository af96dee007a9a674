"""The formulas of the embedded tagger, one subject a module (see build_embedded_tagger.py)."""
