"""`python -m parvis.voice`: run the voice server with the settings of the environment."""

from __future__ import annotations

import os
import sys

from parvis.voice import server
from parvis.voice.settings import Settings, SettingsError


def main() -> int:
    """Run until SIGTERM or SIGINT; 2 when a setting is wrong."""
    try:
        settings = Settings.from_environment(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"parvis voice: {error}\n")
        return 2
    return server.run(settings)


if __name__ == "__main__":
    sys.exit(main())
