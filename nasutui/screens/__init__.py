"""One file a screen of the terminal interface."""
