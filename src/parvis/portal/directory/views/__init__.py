"""Pages of the directory, one file per kind of object."""
