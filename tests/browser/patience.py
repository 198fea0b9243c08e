"""How long a page may take before a test gives it up: not a measure, machines that test are busy."""

SECONDS = 60.0
MILLISECONDS = SECONDS * 1000
