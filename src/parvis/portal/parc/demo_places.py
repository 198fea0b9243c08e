"""A floor plan of the fictional town hall, drawn here, and the documents of a contract."""

from __future__ import annotations

import io
from datetime import datetime
from decimal import Decimal

from django.core.files.base import ContentFile
from PIL import Image, ImageDraw
from reportlab.pdfgen.canvas import Canvas

from parvis.portal.directory.models import Entity
from parvis.portal.parc.models import Contract, Document, FloorPlan, PlanRoom, Site

SIZE = (1200, 700)
ROOMS = {
    "Réserve de la DSI": (60, 60, 380, 300),
    "Atelier": (380, 60, 640, 300),
    "Salle de formation": (640, 60, 1140, 300),
    "Salle du conseil": (60, 400, 520, 640),
    "Salle Molène": (520, 400, 740, 640),
    "Salle Ouessant": (740, 400, 940, 640),
    "Salle Sein": (940, 400, 1140, 640),
}
"""Where each room is drawn, in pixels: left, top, right, bottom."""


def build(hall: Site, root: Entity, now: datetime) -> None:
    """The ground floor of the main building, and a signed contract."""
    hall.latitude, hall.longitude = Decimal("48.39030"), Decimal("-4.48628")
    hall.save(update_fields=["latitude", "longitude"])
    plan = FloorPlan(site=hall, name="Rez-de-chaussée", media_type="image/png", width=SIZE[0], height=SIZE[1])
    plan.file.save("demo-rez-de-chaussee.png", ContentFile(_drawn()), save=False)
    plan.save()
    PlanRoom.objects.bulk_create(
        PlanRoom(plan=plan, room=room, x=(left + right) / 2 / SIZE[0], y=(top + bottom) / 2 / SIZE[1])
        for room, (left, top, right, bottom) in ROOMS.items()
    )
    for contract in Contract.objects.filter(entity=root, name="Maintenance des copieurs"):
        content = _printed(contract.name, f"Marché {contract.reference}, document d’exemple.")
        document = Document(
            contract=contract, name="Acte d’engagement", media_type="application/pdf", size=len(content), added_at=now
        )
        document.file.save("demo-acte-d-engagement.pdf", ContentFile(content), save=False)
        document.save()


def _drawn() -> bytes:
    picture = Image.new("RGB", SIZE, "#ffffff")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((60, 300, 1140, 400), fill="#f1f5f9")
    for left, top, right, bottom in ROOMS.values():
        pen.rectangle((left, top, right, bottom), outline="#475569", width=5)
        door = (left + right) // 2
        edge = bottom if top < 300 else top
        pen.line((door - 28, edge, door + 28, edge), fill="#f1f5f9", width=9)
    pen.rectangle((55, 55, 1145, 645), outline="#1e293b", width=9)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _printed(title: str, words: str) -> bytes:
    out = io.BytesIO()
    page = Canvas(out, invariant=True)
    page.setTitle(title)
    page.setFont("Helvetica-Bold", 18)
    page.drawString(72, 760, title)
    page.setFont("Helvetica", 12)
    page.drawString(72, 730, words)
    page.save()
    return out.getvalue()
