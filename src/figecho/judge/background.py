"""What unrelated panels reach by chance: written by ``tools/calibrate.py``."""

PROVENANCE = (
    "generated panels, seeds 31, 33, 34, 330 each, and three draws from pictures of "
    "14 folders, a third of all cut small; comparisons: 34986 gels in place, 34986 "
    "gels moved, 136445 in place, 136445 moved, 798 within "
)

#: Kind to (share of unrelated comparisons, decay of it for each unit of relative evidence).
TAILS = {
    "gels in place": (0.000139, 0.221),
    "gels moved": (0.000624, 0.221),
    "in place": (1.78e-05, 0.221),
    "moved": (0.000355, 0.221),
    "within": (0.0369, 0.326),
}
