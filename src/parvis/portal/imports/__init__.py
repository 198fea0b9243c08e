"""Imports of the parc from files and from GLPI: read, compared, shown, then applied; rejected lines can be downloaded.

Words: *run* (one import), *line* (one row of it and what it would do), *mapping* (which column is which field).
"""
