"""Pictures made with a LoRA: their settings and their log."""
