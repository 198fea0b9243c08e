"""The voice server without a network."""
