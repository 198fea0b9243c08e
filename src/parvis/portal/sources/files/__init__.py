"""Files that people bring: which column says what, and the people in them."""
