#!/usr/bin/env python
"""Django's command line for developers; installations use `parvis manage`."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "parvis.portal.config.settings")
    os.environ.setdefault("PARVIS_MODE", "development")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
