"""Pages of the parc, one file per kind of object."""
