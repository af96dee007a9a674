"""A stand-in for google.colab; `google` itself is a namespace without an __init__.py."""
