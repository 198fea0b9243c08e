"""Settings, environment, URLs, wiring: where the portal's rooms are joined."""
