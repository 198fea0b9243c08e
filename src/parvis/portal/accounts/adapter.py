"""What django-allauth asks us."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by the DSI: there is no sign-up."""

    def is_open_for_signup(self, request):
        return False
