"""One proposal in, a verified echo or none out."""

from __future__ import annotations

from figecho.config import Config
from figecho.describe.described import Described
from figecho.echo.between import between_panels
from figecho.echo.echo import Echo
from figecho.echo.inside import inside_panel
from figecho.echo.unchanged import is_sure, unchanged
from figecho.match.propose import Proposal


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
    if proposal.whole or (same is not None and is_sure(same)):
        return same
    # Saved again, a copy is the same to the pixel by little, and its grain may say more.
    found = [e for e in (same, inside_panel(a, proposal, config)) if e is not None]
    return max(found, key=lambda e: e.nats, default=None)
