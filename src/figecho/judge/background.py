"""What unrelated panels reach by chance: written by ``tools/calibrate.py``."""

PROVENANCE = (
    "generated panels, seeds 31, 33, 34, 330 each, and three draws from pictures of "
    "14 folders, a third of all cut small; comparisons: 41244 gels in place, 41244 "
    "gels moved, 130954 in place, 130954 moved, 798 within "
)

#: Kind to (share of unrelated comparisons, decay of it for each unit of relative evidence).
TAILS = {
    "gels in place": (0.000213, 0.269),
    "gels moved": (0.000498, 0.269),
    "in place": (6.72e-05, 0.269),
    "moved": (0.000336, 0.269),
    "within": (0.134, 0.445),
}
