"""What is done with sources: set up, read, apply, decide."""
