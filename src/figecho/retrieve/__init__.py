"""Which pairs deserve a look?"""

from figecho.retrieve.pairs import by_content, pairs_to_compare

__all__ = ["by_content", "pairs_to_compare"]
