"""Mounting: the folder STANDIN_DRIVE appears at MOUNTPOINT/MyDrive."""

import os
from pathlib import Path


def mount(mountpoint: str, force_remount: bool = False) -> None:
    place = Path(mountpoint)
    if (place / "MyDrive").is_symlink():
        print(f"Drive already mounted at {mountpoint}")
        return
    if " " in mountpoint or (place.exists() and any(place.iterdir())):
        raise ValueError("mountpoint must be empty and hold no space")
    place.mkdir(parents=True, exist_ok=True)
    (place / "MyDrive").symlink_to(os.environ["STANDIN_DRIVE"], target_is_directory=True)
    Path(os.environ["STANDIN_MOUNTPOINT_FILE"]).write_text(mountpoint)
    print(f"Mounted at {mountpoint}")


def flush_and_unmount() -> None:
    note = Path(os.environ["STANDIN_MOUNTPOINT_FILE"])
    (Path(note.read_text()) / "MyDrive").unlink()
    note.unlink()
