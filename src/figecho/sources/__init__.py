"""Which pictures are in these files? Paths go in, figures with their provenance come out."""

from figecho.sources.collect import READERS, Collected, collect, read
from figecho.sources.walk import walk

__all__ = ["READERS", "Collected", "collect", "read", "walk"]
