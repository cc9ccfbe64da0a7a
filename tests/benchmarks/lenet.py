"""The rows of LeNet-5 alone: ``python -m tests.benchmarks.lenet``, with the options of ``tests.benchmarks``."""

from __future__ import annotations

import sys

from tests.benchmarks.__main__ import main

if __name__ == "__main__":
    main(["--only", "lenet,image", *sys.argv[1:]])
