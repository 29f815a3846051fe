"""Believable scientific panels with exactly known reuse, for fixtures, benchmarks, calibration.

A *style* is what two acquisitions of one experiment share (lane layout, stain, density, window
chrome); a *rendering* of a style is one acquisition with its own cells, shapes and noise. Two
renderings of one style are therefore look-alikes, never copies. Copies are made in
"""

from synth.models import CLASSES, MODELS, Model
from synth.plant import TRANSFORMS, Planted, allowed, clone, plant, plant_clone, reuse

__all__ = [
    "CLASSES",
    "MODELS",
    "TRANSFORMS",
    "Model",
    "Planted",
    "allowed",
    "clone",
    "plant",
    "plant_clone",
    "reuse",
]
