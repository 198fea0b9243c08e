"""What is done to days, patterns, statuses, policies, closures, calendar addresses.

For a department: `declare_for_department`, `undo`, `confirm_days`, `refuse_days`, `decide_pattern`, `save_policy`,
`close`, `reopen`. For one agent: `declare`, `copy_week`, `propose_pattern`, `withdraw_pattern`, `open_feed`,
`close_feed`; for a room that decides of usual weeks: `write_pattern`, `take_back_pattern`.
"""

from parvis.portal.presence.services.bulk import declare_for_department, undo
from parvis.portal.presence.services.days import copy_week, declare
from parvis.portal.presence.services.deciding import confirm_days, refuse_days
from parvis.portal.presence.services.feeds import close_feed, open_feed
from parvis.portal.presence.services.patterns import (
    decide_pattern,
    propose_pattern,
    take_back_pattern,
    withdraw_pattern,
    write_pattern,
)
from parvis.portal.presence.services.setting_up import close, reopen, save_policy, save_status
from parvis.portal.presence.services.writing import Outcome

__all__ = [
    "Outcome",
    "close",
    "close_feed",
    "confirm_days",
    "copy_week",
    "decide_pattern",
    "declare",
    "declare_for_department",
    "open_feed",
    "propose_pattern",
    "refuse_days",
    "reopen",
    "save_policy",
    "save_status",
    "take_back_pattern",
    "undo",
    "withdraw_pattern",
    "write_pattern",
]
