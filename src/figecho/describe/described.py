"""A panel together with everything the matchers need of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from figecho.config import Config
from figecho.describe import orb, sift
from figecho.describe.basis import in_sign_basis
from figecho.describe.features import Features
from figecho.describe.forms import ALL_FORMS, Form
from figecho.model import FloatArray, Panel
from figecho.verify.views import Views


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Described:
    """A panel with its keypoints.

    Attributes
    ----------
    panel : Panel
    sift : Features
        Empty where SIFT was not asked for; without descriptors, which are in ``sift_blocks``.
    sift_blocks : tuple of four ndarrays
        The descriptors in the basis in which forms are sign changes.
    orb : dict of Form to Features
        Empty where ORB only has to confirm what others propose; then it is extracted on demand.
    views : Views
        The panel at the sizes at which its pixels were compared so far.
    """

    panel: Panel
    sift: Features
    sift_blocks: tuple[FloatArray, ...]
    orb: dict[Form, Features]
    views: Views


def describe(panel: Panel, config: Config) -> Described:
    """Extract what ``config.methods`` needs of one panel."""
    found = sift.empty()
    if "sift" in config.methods:
        found = sift.detect(panel.grey, panel.usable, config.describe)
    forms: dict[Form, Features] = {}
    if "orb" in config.methods and "sift" not in config.methods:
        forms = orb_in_forms(panel, config)
    return Described(
        panel=panel,
        sift=replace(found, descriptors=found.descriptors[:, :0]),
        sift_blocks=in_sign_basis(found.descriptors),
        orb=forms,
        views=Views(panel.grey, panel.usable, panel.rgb),
    )


def orb_in_forms(
    panel: Panel, config: Config, forms: Sequence[Form] = ALL_FORMS
) -> dict[Form, Features]:
    """Extract ORB keypoints of a panel in some forms."""
    return {f: orb.detect(panel.grey, panel.usable, f, config.describe) for f in forms}
