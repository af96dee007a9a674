"""nasutui: from an illustrator's pictures to a trained LoRA and back, in a terminal."""

__version__ = "0.1.0"
