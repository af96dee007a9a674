"""`python -m nasutui` is the `nasutui` command."""

import sys

from nasutui.cli import main

if __name__ == "__main__":
    sys.exit(main())
