"""What unrelated panels reach by chance: written by ``tools/calibrate.py``, not by hand."""

PROVENANCE = "set by hand"

#: Pose to (share of unrelated comparisons, decay of it for each unit of relative evidence).
TAILS = {
    "in place": (0.05, 0.4),
    "moved": (0.95, 0.4),
    "within": (0.27, 0.285),
}
