"""``python -m astrocnn``: the command line where the command ``astrocnn`` is not on the path."""

import sys

from .cli import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
