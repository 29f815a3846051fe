"""What does imagededup say? Its networks and hashes on pictures in memory, as numbers beside ours.

imagededup and torch take seconds and gigabytes to import, so only what runs them imports them.
"""

from figecho.dedup.settings import CnnSettings
from figecho.dedup.similarity import Similarity, beside, similarity

__all__ = ["CnnSettings", "Similarity", "beside", "similarity"]
