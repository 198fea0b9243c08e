"""Reading and signing in against a directory server: OpenLDAP, Active Directory (LDAPv3, RFC 4511).

Which way things flow: `schema` (what a person entered) → `network` and `tls` (a checked address, a verified
server) → `connection` (bind, failover, time limits) → `search` (pages, ranges) → `groups` and `mapping` →
`reader` (records). `diagnosis` walks the same way aloud; `sign_in` checks one password.
"""
