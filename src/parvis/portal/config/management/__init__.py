"""Commands of the whole portal."""
