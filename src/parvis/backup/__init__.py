"""Backups: one encrypted file with the database, the keys and the files, proved by restoring it.

Words: a *backup* is the file; its *recipients* are the public keys it is encrypted for, an *identity* is the private
key that opens it; the *manifest* says what must be inside; a *place* is an installation's data folder and database.
Knows neither Django nor the portal: what they know is handed in, and what only they can check is asked by a callable.
"""
