"""What the person at home feels: time to the first picture, and from a key to its character."""
