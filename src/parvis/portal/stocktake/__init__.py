"""Labels and stock-takes: QR labels, counting a site on a phone without network, settling the differences.

Words: *stock-take* (a count of one site), *sighting* (an asset seen), *difference* (what the count
and the list disagree on).
"""
