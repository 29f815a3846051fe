"""One proposal in, a verified echo or none out: the pixels decide what keypoints propose."""

from figecho.echo.asked import grid_of
from figecho.echo.echo import Echo
from figecho.echo.unchanged import is_sure
from figecho.echo.verified import verified

__all__ = ["Echo", "grid_of", "is_sure", "verified"]
