"""Captions: reading, changing and who said what in them."""
