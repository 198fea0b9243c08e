"""Pages of this room: `factors` (second factors), `security` (one's account), `users` (for the IT team), `demo`."""
