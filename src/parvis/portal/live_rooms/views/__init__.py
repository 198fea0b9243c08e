"""Pages of the room: they translate in, call one service, translate out."""
