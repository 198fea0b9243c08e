"""Pages of agents: one's month, one's usual week, one's calendar address, who is where."""
