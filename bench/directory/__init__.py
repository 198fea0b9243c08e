"""Reading a directory server, and what a synchronisation makes of it."""
