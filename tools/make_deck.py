"""Write a deck of look-alike figures with its truth: ``python tools/make_deck.py --out FOLDER``.

Then ``figecho evaluate FOLDER`` tells whether a scan finds the planted reuses, and whether what the
figures share by design stays a few template lines.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from synth.deck import SLIDES, deck

NAME = "supplement.pptx"


def main() -> None:
    """Parse the command line and write the deck."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=287)
    parser.add_argument("--slides", type=int, default=SLIDES)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    made = deck(options.seed, options.slides)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / NAME).write_bytes(made.data)
    truth = json.dumps(made.truth(NAME, options.slides), indent=1)
    (options.out / "truth.json").write_text(truth + "\n", encoding="utf-8")
    print(f"{options.slides} slides, {len(made.pairs)} reuses, {len(made.data) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
