"""What unrelated panels reach by chance: written by ``tools/calibrate.py``."""

PROVENANCE = (
    "generated panels, seeds 31 and 33 to 40, 330 each, and six draws from pictures "
    "of 14 folders, a third of all cut small; comparisons: 70654 gels in place, 70654 "
    "gels moved, 429238 in place, 429238 moved, 2423 within "
)

#: Kind to (share of unrelated comparisons, decay of it for each unit of relative
#: evidence, share that reaches any).
TAILS = {
    "gels in place": (9.83e-05, 0.484, 8.49e-05),
    "gels moved": (0.000197, 0.484, 0.000127),
    "in place": (1.62e-05, 0.484, 2.34e-06),
    "moved": (0.000291, 0.484, 0.000212),
    "within": (0.0164, 0.321, 0.0173),
}
