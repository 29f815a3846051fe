"""What unrelated panels reach by chance: written by ``tools/calibrate.py``."""

PROVENANCE = (
    "generated panels, seeds 31 and 33 to 40, 330 each, and six draws from pictures "
    "of 14 folders, a third of all cut small; comparisons: 80635 gels in place, 80635 "
    "gels moved, 418806 in place, 418806 moved, 2423 within "
)

#: Kind to (share of unrelated comparisons, decay of it for each unit of relative
#: evidence, share that reaches any).
TAILS = {
    "gels in place": (4.68e-05, 0.332, 0.000124),
    "gels moved": (0.00014, 0.332, 0.000211),
    "in place": (9e-06, 0.332, 7.16e-06),
    "moved": (0.00027, 0.332, 0.000361),
    "within": (0.0199, 0.328, 0.0206),
}
