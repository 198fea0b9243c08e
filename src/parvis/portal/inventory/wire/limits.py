"""How much a probe may send. A full report of a PC is 300 kB of XML (23 kB compressed); the largest seen are 5 MB."""

MOST_SENT = 4 * 2**20
"""Bytes of a request, as sent."""
MOST_KEPT = 2**20
"""Bytes of a report as it is kept while it waits, compressed: three times the largest seen."""
MOST_TEXT = 16 * 2**20
"""Bytes once decompressed."""
MOST_RATIO = 200
"""Times a text may be larger than what was sent; reports are 10 to 40 times."""
FREE_TEXT = 2**20
"""Below this size the ratio does not matter."""
MOST_ELEMENTS = 150_000
"""Elements of XML; objects and lists of JSON. A PC with 2,000 programs has 25,000."""
MOST_SCALARS = 1_500_000
"""Commas and colons of JSON: each value costs memory before it is looked at."""
MOST_DEPTH = 16
MOST_PROGRAMS = 4000
MOST_ROWS = 400
"""Rows of any other section; more are left out."""
MOST_FIELDS = 60
"""Fields of a row."""
MOST_FIELD = 2000
"""Characters of a field; more are cut."""
