"""Words of this room for templates, of this room and those above."""
