"""Parvis: the digital workplace of a French local authority."""

__version__ = "0.1.0"
