"""The tools that carry a meeting at a distance, behind one small interface with capability flags.

Words: *provider* (a tool as this authority has it: address, account), *adapter* (the code that speaks to one kind),
*capabilities* (what a kind can do), *opening* (what a provider gave for one meeting).
"""
