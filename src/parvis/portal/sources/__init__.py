"""Where the directory comes from: LDAP or Active Directory, files, people.

Words: a *source* brings *records*; a *run* compares them with the directory and applies the differences; the
*origin* of a field is who won it, a source or a human.
"""
