"""``python -m nnstudio`` is the ``nnstudio`` command."""

import sys

from nnstudio.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
