"""`python -m parvis.gateway`: run the gateway with the settings of the environment."""

from __future__ import annotations

import os
import sys

from parvis.gateway import server
from parvis.gateway.settings import Settings, SettingsError


def main() -> int:
    """Run until SIGTERM or SIGINT; 2 when a setting is wrong."""
    try:
        settings = Settings.from_environment(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"parvis gateway: {error}\n")
        return 2
    return server.run(settings)


if __name__ == "__main__":
    sys.exit(main())
