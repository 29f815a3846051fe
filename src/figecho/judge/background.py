"""What unrelated panels reach by chance: written by ``tools/calibrate.py``."""

PROVENANCE = (
    "generated panels, seeds 31, 33, 34, 330 each, and three draws from pictures of "
    "14 folders, a third of all cut small; comparisons: 27686 gels in place, 27686 "
    "gels moved, 143745 in place, 143745 moved, 798 within "
)

#: Kind to (share of unrelated comparisons, decay of it for each unit of relative evidence).
TAILS = {
    "gels in place": (0.000111, 0.28),
    "gels moved": (0.000997, 0.28),
    "in place": (6.4e-05, 0.28),
    "moved": (0.000256, 0.28),
    "within": (0.00369, 0.27),
}
