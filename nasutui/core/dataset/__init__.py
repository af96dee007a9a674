"""A folder of pictures and captions in memory."""
