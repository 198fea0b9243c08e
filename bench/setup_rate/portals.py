"""In a child: the portal's processes, held together as `parvis serve` does."""

from __future__ import annotations

import os
import sys

from parvis.serve import stack
from parvis.serve.options import ServeOptions
from parvis.serve.supervisor import Supervisor

if __name__ == "__main__":
    sys.exit(Supervisor(stack.portals(ServeOptions.from_environment(), os.environ, None)).run())
