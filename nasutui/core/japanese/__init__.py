"""Tags in Japanese, both ways."""
