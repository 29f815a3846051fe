"""Which pictures are in these files? Paths go in, figures with their provenance come out."""

from figecho.sources.collect import READERS, Collected, collect, gathered, read
from figecho.sources.walk import walk

__all__ = ["READERS", "Collected", "collect", "gathered", "read", "walk"]
