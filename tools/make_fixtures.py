"""Write the example figures with their truth: ``python tools/make_fixtures.py [--seed N]``.

Without options it renews ``fixtures/showcase``; another seed into another folder is a test set
that nothing was tuned on.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from synth.showcase import showcase

DEFAULT_SEED = 1803
HOME = Path(__file__).resolve().parents[1] / "fixtures" / "showcase"


def main() -> None:
    """Parse the command line and write the set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--out", type=Path, default=HOME)
    options = parser.parse_args()
    made = showcase(options.seed)
    made.write(options.out)
    print(f"{len(made.images)} figures, {len(made.pairs)} reuses in {options.out}")


if __name__ == "__main__":
    main()
