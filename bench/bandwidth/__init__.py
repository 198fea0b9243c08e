"""What a screen costs on the line: bytes to the browser and processor per session-minute, by protocol and profile."""
