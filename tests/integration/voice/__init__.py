"""The voice server with its real counterparts (Janus, Chromium, baresip), each test on a network of its own."""
