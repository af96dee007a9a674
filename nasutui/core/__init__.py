"""The engine: no user interface, no printing; every front end stands on it."""
