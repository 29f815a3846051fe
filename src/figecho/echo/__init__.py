"""One proposal in, a verified echo or none out: the pixels decide what keypoints propose."""

from figecho.echo.asked import grid_of
from figecho.echo.echo import Echo, turned_echo
from figecho.echo.either import by_strength, either_way, is_clear
from figecho.echo.same import is_close, same_geometry, same_region
from figecho.echo.verified import verified

__all__ = [
    "Echo",
    "by_strength",
    "either_way",
    "grid_of",
    "is_clear",
    "is_close",
    "same_geometry",
    "same_region",
    "turned_echo",
    "verified",
]
