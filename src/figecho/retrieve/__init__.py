"""Which pairs deserve a look?"""

from figecho.retrieve.pairs import by_content, count_pairs, pairs_to_compare
from figecho.retrieve.partners import likely_partners

__all__ = ["by_content", "count_pairs", "likely_partners", "pairs_to_compare"]
