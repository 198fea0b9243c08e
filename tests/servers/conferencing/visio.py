"""A contract fake of La Suite Visio's interface for applications (suitenumerique/meet). It is not Visio."""

from __future__ import annotations

from tests.servers.conferencing.vendor import Asked, Reply, Vendor, says

CLIENT, SECRET, KNOWN = "9f1b6a1e-0000-4000-8000-000000000000", "secret-visio", ("a.martin@ville.example",)
FALLBACK = "visio@ville.example"


class Visio(Vendor):
    """Rooms, by their owner."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens: dict[str, str] = {}
        self.rooms: list[str] = []
        self.telephony = True
        self.ended: set[str] = set()

    def reply(self, asked: Asked) -> Reply:
        """A token for a person, a room in their name."""
        if asked.path == "/external-api/v1.0/application/token/":
            return self._token(asked.json)
        if asked.path != "/external-api/v1.0/rooms/" or asked.method != "POST":
            return says({"detail": "Not found."}, 404)
        if asked.bearer not in self.tokens or asked.bearer in self.ended:
            return says({"detail": "Invalid token."}, 401)
        self.rooms.append(self.tokens[asked.bearer])
        slug = f"abc-defg-{len(self.rooms):03d}"
        room = {"id": f"room-{len(self.rooms)}", "slug": slug, "access_level": "trusted", "url": f"{self.url}/{slug}"}
        if self.telephony:
            room["telephony"] = {  # type: ignore[assignment]
                "enabled": True, "pin_code": "1234567890", "phone_number": "+33190000000", "default_country": "FR",
            }  # fmt: skip
        return says(room, 201)

    def _token(self, body: dict[str, str]) -> Reply:
        if body.get("grant_type") != "client_credentials":
            return says({"grant_type": ["Ce champ est obligatoire."]}, 400)
        if (body.get("client_id"), body.get("client_secret")) != (CLIENT, SECRET):
            return says({"detail": "Invalid credentials"}, 401)
        if not body["scope"].endswith("@ville.example"):
            return says({"error": "This application is not authorized for this email domain."}, 403)
        if body["scope"] not in (*KNOWN, FALLBACK):
            return says({"detail": "User not found."}, 404)
        token = f"jeton-{len(self.tokens) + 1}"
        self.tokens[token] = body["scope"]
        return says({"access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": "rooms:create"})
