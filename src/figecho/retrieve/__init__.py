"""Which pairs deserve a look?"""

from figecho.retrieve.pairs import pairs_to_compare

__all__ = ["pairs_to_compare"]
