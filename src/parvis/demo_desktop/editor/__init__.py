"""The text editor without its window: the document, its undo, and how it is laid out in lines."""
