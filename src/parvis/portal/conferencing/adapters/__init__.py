"""The code that speaks to each kind of tool."""
