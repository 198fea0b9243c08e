"""`python -m parvis.demo_desktop --base-port 5901`"""

from __future__ import annotations

import sys

from .options import parse
from .server import run

sys.exit(run(parse()))
