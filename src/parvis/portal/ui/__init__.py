"""Base page, components, htmx helpers, built assets: everything that gives the pages one face."""
