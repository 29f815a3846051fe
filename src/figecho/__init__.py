"""figecho finds echoes in scientific figures: regions that appear twice.

The tool observes similarity and states how surprising it is; a person must judge what it means.
"""

__version__ = "0.1.0"
