"""Datasets on their way to where they are trained, and LoRAs on their way back."""
