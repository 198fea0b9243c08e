"""Who signs in, and how strongly.

Owns users (accounts), sign-in with a second factor (django-allauth), the list of a
user's own sign-ins, personal API tokens with scopes, demo personas. Words: *user* (an
account), *sign-in* (one authenticated browser session of a user), *second factor*,
*fresh* (a second factor given less than five minutes ago), *token* (personal, for the API).
"""
