"""Signing in with an identity provider (OpenID Connect): ProConnect, Keycloak, Microsoft Entra.

Words: a *provider* is who vouches for the person; a *claim* is what it says of them; a *link* ties its subject to
an account of ours.
"""
