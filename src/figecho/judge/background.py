"""What unrelated panels reach by chance: written by ``tools/calibrate.py``."""

PROVENANCE = (
    "generated panels, seeds 31, 33, 34, 330 each, and three draws from pictures of "
    "14 folders, a third of all cut small; comparisons: 27449 gels in place, 27449 "
    "gels moved, 142935 in place, 142935 moved, 792 within "
)

#: Kind to (share of unrelated comparisons, decay of it for each unit of relative evidence).
TAILS = {
    "gels in place": (0.000156, 0.363, 0.000151),
    "gels moved": (0.000934, 0.363, 0.000457),
    "in place": (5.98e-05, 0.363, 2.1e-05),
    "moved": (0.000359, 0.363, 0.00044),
    "within": (0.00372, 0.27, 0.0356),
}
