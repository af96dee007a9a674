"""Secrets: the environment's STANDIN_SECRET_NAME."""

import os


class SecretNotFoundError(Exception):
    pass


def get(key: str) -> str:
    try:
        return os.environ[f"STANDIN_SECRET_{key}"]
    except KeyError:
        raise SecretNotFoundError(key) from None
