"""Which parts of a figure stand alone? A figure goes in, its panels come out."""

from figecho.panels.build import panels_of

__all__ = ["panels_of"]
