"""Write the example figures with their truth: ``python tools/make_fixtures.py [--seed N]``.

Without options it renews ``fixtures/showcase`` and ``fixtures/documents``; another seed into
another folder is a test set that nothing was tuned on.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from synth.papers import papers
from synth.showcase import showcase

DEFAULT_SEED = 1803
FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
HOME = FIXTURES / "showcase"
DOCUMENTS = FIXTURES / "documents"


def main() -> None:
    """Parse the command line and write the sets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--out", type=Path, help="folder for both, instead of fixtures")
    parser.add_argument("--only", choices=["showcase", "documents"])
    options = parser.parse_args()
    if options.only != "documents":
        made = showcase(options.seed)
        made.write(options.out / "showcase" if options.out else HOME)
        print(f"{len(made.images)} figures, {len(made.pairs)} reuses")
    if options.only != "showcase":
        written = papers(options.seed)
        written.write(options.out / "documents" if options.out else DOCUMENTS)
        print(f"{len(written.files)} documents, {len(written.known)} reuses")


if __name__ == "__main__":
    main()
