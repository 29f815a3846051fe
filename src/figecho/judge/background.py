"""What unrelated panels reach by chance: fitted by ``tools/calibrate.py``."""

PROVENANCE = (
    "in place and moved: generated panels, seeds 31, 33, 300 each, and pictures of 11 folders, "
    "79326 pairs; within: generated panels, seeds 33, 34 and beside the clones of seeds 52, 53, "
    "716 panels; the shares of pairs raised eightfold and threefold, because small crops of the "
    "published examples agree more than any of these"
)

#: Pose to (share of unrelated comparisons, decay of it for each unit of relative evidence).
TAILS = {
    "gels in place": (0.0017, 0.2393),
    "gels moved": (0.0096, 0.2393),
    "in place": (0.0002, 0.2393),
    "moved": (0.0012, 0.2393),
    "within": (0.207, 0.433),
}
