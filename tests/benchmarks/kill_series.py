"""Kills the program at random moments and tells how much was lost.

    python -m tests.benchmarks.kill_series [--count 50] [--seed 0]

Ends with an error at the first file that cannot be read, or when something is no more that could be had back before.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import median

from tests.gui.crash_driver import PERIOD
from tests.gui.kill_series import kill_series


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    outcomes = []
    with tempfile.TemporaryDirectory() as folder:
        for number, outcome in enumerate(kill_series(Path(folder), options.count, options.seed, longest=1.5)):
            outcomes.append(outcome)
            when = "after it began" if outcome.moment < 0 else "after it was under way"
            print(
                f"{number + 1:3}: killed {abs(outcome.moment):.2f} s {when}, reached step {outcome.reached:,}, "
                f"kept {outcome.kept:,}, lost {outcome.lost:.2f} s and {outcome.epochs_lost} epochs, "
                f"read {outcome.files} files",
                flush=True,
            )
    lost = [outcome.lost for outcome in outcomes]
    print(
        f"{len(outcomes)} kills, {sum(outcome.files for outcome in outcomes)} files read, none damaged. Saved every "
        f"{PERIOD} s, lost {median(lost):.2f} s (median) and {max(lost):.2f} s (at most)."
    )


if __name__ == "__main__":
    main()
