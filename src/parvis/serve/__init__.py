"""How the processes run: the web server, the worker, and the supervisor that holds them together."""
