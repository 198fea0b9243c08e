"""What is done: to networks, devices, rules; and what is noted of a sign-in."""
