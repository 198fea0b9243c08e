"""The desktop: windows, task bar, start menu, icons; where input goes and what is painted. Sans I/O."""
