"""Many agents in few days: campaigns, their plan, waves, what binds, what it costs.

Words: *campaign* (who, from when, over how many weeks), *member* (an agent of a campaign, with what they need),
*offer* (what a week has: laptops, phones, support, places…), *plan* (a week for each member, optimised), *scenario* (a
plan under other offers), *wave* (the members of one week, once published), *place* (a member in a wave), *catch-up*
(the wave of those a wave has left behind), *convocation* (the mail that invites, with its calendar entry).
"""
