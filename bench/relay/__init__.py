"""What one relayed session costs: our gateway against websockify, a plain C relay and nginx."""
