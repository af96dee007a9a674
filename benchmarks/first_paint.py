"""From the command to the first painted screen, in a real pseudo-terminal.

    python benchmarks/first_paint.py [--pictures 1000 100000] [--rounds 3]

Prints, for each number of raw pictures in a project, the best and the median time until the screen's
name stands on the terminal and until the list shows its first picture, and beside it the time that
an empty Textual app takes on the same machine in the same run.
"""

from __future__ import annotations

import argparse
import os
import pty
import select
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EMPTY_APP = "from textual.app import App\nclass E(App):\n    TITLE='x'\n    def on_mount(self): self.screen.styles.background='red'\nE().run()"


def seconds_until(
    command: list[str], marks: list[bytes], environment: dict[str, str]
) -> list[float]:
    """Seconds from the start of a command until each mark was seen on its terminal."""
    leader, follower = pty.openpty()
    subprocess.run(["stty", "rows", "30", "cols", "100"], stdin=follower, check=True)
    began = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=follower, stdout=follower, stderr=follower, env=environment, close_fds=True
    )
    os.close(follower)
    seen, times = b"", []
    try:
        while len(times) < len(marks) and time.perf_counter() - began < 60:
            if select.select([leader], [], [], 0.5)[0]:
                seen += os.read(leader, 1 << 16)
                while len(times) < len(marks) and marks[len(times)] in seen:
                    times.append(time.perf_counter() - began)
    finally:
        process.kill()
        process.wait()
        os.close(leader)
    return times + [float("nan")] * (len(marks) - len(times))


def make_project(folder: Path, pictures: int) -> Path:
    """A project with this many raw pictures (hard links to a few)."""
    from nasutui.core.project import RAW, create_project
    from nasutui.core.sample import sample_pictures

    root = create_project(folder / f"p{pictures}").root
    data = sample_pictures()["12_small.bmp"]()
    for number in range(pictures):
        path = root / RAW / f"{number:06d}.bmp"
        if number % 30_000 == 0:  # a file has a limited number of links
            first = path
            path.write_bytes(data)
        else:
            os.link(first, path)
    return root


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pictures", type=int, nargs="+", default=[1000, 100_000])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    environment = {
        **os.environ,
        "TERM": "xterm-256color",
        "LANG": "en_US.UTF-8",
        "TEXTUAL_ANIMATIONS": "none",
    }
    with tempfile.TemporaryDirectory() as folder:
        environment["NASUTUI_CONFIG"] = f"{folder}/none.toml"
        roots = {n: make_project(Path(folder), n) for n in options.pictures}
        results: dict[str, list[list[float]]] = {}
        for _round in range(options.rounds):
            empty = seconds_until([sys.executable, "-c", EMPTY_APP], [b"48;"], environment)
            results.setdefault("empty Textual app", []).append(empty)
            for number, root in roots.items():
                command = [sys.executable, "-m", "nasutui", str(root)]
                times = seconds_until(command, [b"Prepare", b"000000"], environment)
                results.setdefault(f"{number} pictures", []).append(times)
    for name, rounds in results.items():
        for what, column in zip(("screen", "first row"), zip(*rounds, strict=True), strict=False):
            print(
                f"{name:>20}  {what:<10} best {min(column):.2f} s  median {statistics.median(column):.2f} s"
            )


if __name__ == "__main__":
    main()
