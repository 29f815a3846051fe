"""What unrelated panels reach by chance: written by ``tools/calibrate.py``."""

PROVENANCE = (
    "generated panels, seeds 31, 33, 34, 330 each, and pictures of 14 folders; "
    "comparisons: 23976 gels in place, 23976 gels moved, 116688 in place, 116688 "
    "moved, 798 within "
)

#: Kind to (share of unrelated comparisons, decay of it for each unit of relative evidence).
TAILS = {
    "gels in place": (0.00104, 0.283),
    "gels moved": (0.00259, 0.283),
    "in place": (5.32e-05, 0.283),
    "moved": (0.000506, 0.283),
    "within": (0.228, 0.578),
}
