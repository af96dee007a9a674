"""What the trainer gets, what it will do with it, and what comes of it."""
