"""The page an agent opens in the morning (telework level 1).

Owns tiles (mail, extranet, business applications), who sees them, favourites,
announcements and the state of each service. Words: *tile* (a way into an
application), *profile* (a set of agents by entity and role who see a tile),
*announcement*, *service* (what an application runs on, where it is hosted, its state).
"""
