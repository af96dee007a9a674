"""From pictures to scores to captions."""
