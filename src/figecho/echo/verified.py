"""One proposal in, a verified echo or none out."""

from __future__ import annotations

from figecho.config import Config
from figecho.describe.described import Described
from figecho.echo.between import between_panels
from figecho.echo.echo import Echo
from figecho.echo.inside import inside_panel
from figecho.echo.unchanged import unchanged
from figecho.match.propose import Proposal

#: From so much evidence on nothing else is asked about a place that is the same to the pixel.
_CLEAR_NATS = 60.0


def verified(a: Described, b: Described, proposal: Proposal, config: Config) -> Echo | None:
    """Ask the pixels about a proposal between two panels, or inside one (``a is b``).

    Parameters
    ----------
    a, b : Described
    proposal : Proposal
    config : Config

    Returns
    -------
    Echo or None
        None where the pixels object.
    """
    if a is not b:
        return between_panels(a, b, proposal, config)
    same = unchanged(a, proposal, config)
    if proposal.whole or (same is not None and same.nats >= _CLEAR_NATS):
        return same
    # Saved once more a copy loses its noise in its calm parts, and keeps its grain.
    found = inside_panel(a, proposal, config)
    if same is None or found is None:
        return same or found
    return max(same, found, key=lambda echo: echo.nats)
