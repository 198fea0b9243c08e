"""The voice server with real counterparts: Janus, Chromium, baresip, coturn. Each test gives them a network of its own."""
