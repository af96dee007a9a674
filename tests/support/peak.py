"""A small process between a test and a program whose memory is measured.

Run as a script: peak.py FILE COMMAND... It runs the command, writes the most memory that it held (in
bytes) into FILE and ends as it did. Without it, a program's peak would count what the test itself
held when it started the program: Linux hands that on.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def command_for(file: Path, command: list[str]) -> list[str]:
    """The command that runs another one and leaves its peak in a file."""
    return [sys.executable, __file__, str(file), *command]


def main() -> int:
    process = subprocess.Popen(sys.argv[2:])
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1 if sys.platform == "darwin" else 1024
    Path(sys.argv[1]).write_text(str(usage.ru_maxrss * unit), encoding="ascii")
    return process.returncode


if __name__ == "__main__":
    sys.exit(main())
