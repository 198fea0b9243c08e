"""Pages: the home page for everyone, the publishing pages for the IT team."""
