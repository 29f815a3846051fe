"""What judging asks of the pixels of panels, each asked once: a run need not hold them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from figecho.judge.explain import lit_channels
from figecho.model import Panel
from figecho.screen.graphics import is_drawn
from figecho.verify.gels import is_gel

Key = tuple[str, int, int, int]


class Looks:
    """Looks at the panels of one run, which their keys tell apart.

    Parameters
    ----------
    whole : callable, optional
        Returns a panel with its pixels; without it panels hold them.
    gels : mapping of key to bool, optional
        Which panels are gels or blots, as far as that is known.
    """

    def __init__(
        self,
        whole: Callable[[Panel], Panel] | None = None,
        gels: Mapping[Key, bool] | None = None,
    ) -> None:
        self._whole = whole or (lambda panel: panel)
        self._gel = dict(gels or {})
        self._drawn: dict[Key, bool] = {}

    def gel(self, panel: Panel) -> bool:
        """Whether a panel is a gel or a blot."""
        if panel.key not in self._gel:
            self._gel[panel.key] = is_gel(self._whole(panel))
        return self._gel[panel.key]

    def drawn(self, panel: Panel) -> bool:
        """Whether most of a panel is light and exactly flat."""
        if panel.key not in self._drawn:
            self._drawn[panel.key] = is_drawn(self._whole(panel).rgb)
        return self._drawn[panel.key]

    def lit(self, panel: Panel) -> frozenset[int]:
        """Return which colours carry the picture of a dark field; none if it is light."""
        whole = self._whole(panel)
        return lit_channels(whole.rgb, whole.usable)
