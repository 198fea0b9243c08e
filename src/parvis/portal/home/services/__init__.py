"""The verbs of the home page: tiles, favourites, announcements, service states."""
