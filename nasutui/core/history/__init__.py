"""The journal: every change of a caption, and the way back."""
