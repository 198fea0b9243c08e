"""Static files: those built by Vite carry a hash already; the others are small and revalidated."""

from django.contrib.staticfiles.storage import StaticFilesStorage


class BuiltAssetsStorage(StaticFilesStorage):
    """Plain storage; the built assets' names come from Vite's manifest by the `{% asset %}` tag."""
