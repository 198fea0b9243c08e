"""What is done with loans, a file per family of verbs."""
