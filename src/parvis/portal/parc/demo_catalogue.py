"""What the fictional authority buys, from whom, and under which contracts. Makers are real, prices are not."""

from __future__ import annotations

from dataclasses import dataclass

DELL, HP, LENOVO = "Dell", "HP", "Lenovo"


@dataclass(frozen=True, slots=True)
class Product:
    """A model on sale for some years: `youngest` and `oldest` are ages of its purchases, in years."""

    kind: str
    manufacturer: str
    name: str
    euros: int
    youngest: float
    oldest: float
    supplier: str = "Armor Informatique"
    warranty_years: int = 3
    share: int = 1
    """How often it is chosen, among those of its kind."""


PRODUCTS = (
    Product("office", DELL, "OptiPlex 7020", 815, 0, 1.6, share=4),
    Product("office", HP, "Pro Mini 400 G9", 742, 0.5, 3, share=5),
    Product("office", LENOVO, "ThinkCentre M70q Gen 3", 768, 1.5, 4, share=5),
    Product("office", DELL, "OptiPlex 5080", 721, 4, 6, share=4),
    Product("office", HP, "EliteDesk 800 G4", 690, 6, 8, share=2),
    Product("laptop", DELL, "Latitude 5450", 1245, 0, 1.5, share=4),
    Product("laptop", LENOVO, "ThinkPad T14 Gen 3", 1190, 1, 3.5, share=4),
    Product("laptop", HP, "EliteBook 840 G8", 1130, 3, 5, share=3),
    Product("laptop", DELL, "Latitude 5400", 1080, 5, 7, share=1),
    Product("school", HP, "ProDesk 400 G9", 612, 0, 3, "Klask Éducation", share=3),
    Product("school", LENOVO, "ThinkCentre neo 50s", 588, 2, 5, "Klask Éducation", share=3),
    Product("school", DELL, "OptiPlex 3060", 560, 5, 8, "Klask Éducation", share=3),
    Product("server", DELL, "PowerEdge R760", 9800, 0, 2, "Kerlann Infogérance", 5),
    Product("server", "HPE", "ProLiant DL360 Gen10", 8200, 2, 7, "Kerlann Infogérance", 5, share=3),
    Product("admin", DELL, "Precision 3660", 1640, 0, 4),
    Product("screen", DELL, "P2425H", 189, 0, 1.5, share=4),
    Product("screen", "iiyama", "ProLite XUB2493HS", 149, 0.5, 5, share=6),
    Product("screen", HP, "E24 G5", 172, 1, 4, share=4),
    Product("screen", DELL, "P2419H", 165, 5, 8, share=3),
    Product("phone", "Samsung", "Galaxy A54", 329, 0.5, 3, "Ponant Télécom", 2, share=4),
    Product("phone", "Fairphone", "5", 549, 0, 2, "Ponant Télécom", 5, share=2),
    Product("phone", "Apple", "iPhone SE", 489, 1, 5, "Ponant Télécom", 1),
    Product("desk_phone", "Yealink", "T46U", 132, 0, 4, "Ponant Télécom", 2, share=3),
    Product("desk_phone", "Alcatel-Lucent", "8028s", 158, 3, 8, "Ponant Télécom", 2, share=2),
    Product("tablet", "Samsung", "Galaxy Tab Active4 Pro", 585, 0, 3, "Ponant Télécom", 2, share=2),
    Product("tablet", "Apple", "iPad (9e génération)", 389, 2, 5, "Ponant Télécom", 1),
    Product("printer", "Kyocera", "TASKalfa 3554ci", 4150, 0, 4, "Copie Ouest", 5, share=2),
    Product("printer", "Canon", "imageRUNNER ADVANCE C3826i", 3890, 2, 6, "Copie Ouest", 5, share=2),
    Product("printer", HP, "LaserJet Pro 4002dn", 239, 1, 7, share=3),
    Product("network", "Cisco", "Catalyst 9200L-48P", 3950, 0, 4, "Kerlann Infogérance", 5, share=2),
    Product("network", "HPE Aruba", "2930F 24G", 1480, 3, 8, "Kerlann Infogérance", 5, share=3),
    Product("network", "HPE Aruba", "AP-515", 560, 1, 6, "Kerlann Infogérance", 5, share=3),
    Product("sim", "Ponant Télécom", "Forfait 20 Go", 0, 0, 5, "Ponant Télécom", 0, share=4),
    Product("sim", "Ponant Télécom", "Données seules", 0, 0, 5, "Ponant Télécom", 0),
    Product("badge", "NXP", "MIFARE DESFire EV2", 6, 0, 8, "Sterenn Sécurité", 0),
    Product("accessory", "Jabra", "Evolve2 40", 92, 0, 5, warranty_years=0, share=4),
    Product("accessory", DELL, "Station d’accueil WD19S", 178, 0, 5, share=3),
    Product("accessory", "Targus", "Sacoche 15,6″", 29, 0, 6, warranty_years=0, share=3),
)

SUPPLIERS = (
    ("Armor Informatique", "sav@armor-informatique.example", "02 00 00 10 10"),
    ("Klask Éducation", "ecoles@klask.example", "02 00 00 10 20"),
    ("Kerlann Infogérance", "support@kerlann.example", "02 00 00 10 30"),
    ("Ponant Télécom", "collectivites@ponant-telecom.example", "02 00 00 10 40"),
    ("Copie Ouest", "depannage@copie-ouest.example", "02 00 00 10 50"),
    ("Sterenn Sécurité", "acces@sterenn.example", "02 00 00 10 60"),
    ("Atelier du Numérique solidaire", "contact@atelier-numerique.example", "02 00 00 10 70"),
)
"""Name, e-mail, telephone."""


@dataclass(frozen=True, slots=True)
class Deal:
    """A contract: days from today, euros a year, and the kinds of assets that are under it."""

    name: str
    kind: str
    supplier: str
    reference: str
    begun: int
    ends: int
    notice: int
    euros: int
    kinds: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    """If any: only these models."""


DEALS = (
    Deal(
        "Maintenance des copieurs", "maintenance", "Copie Ouest", "2023-017", 1020, 75, 90, 48600, ("printer",),
        ("TASKalfa 3554ci", "imageRUNNER ADVANCE C3826i"),
    ),
    Deal("Téléphonie mobile", "telecom", "Ponant Télécom", "2024-031", 620, 110, 90, 71400, ("sim",)),
    Deal("Maintenance des serveurs", "maintenance", "Kerlann Infogérance", "2022-009", 1180, 280, 180, 39200,
         ("server",)),
    Deal("Maintenance du réseau", "maintenance", "Kerlann Infogérance", "2024-044", 500, 600, 90, 27800,
         ("network",)),
    Deal("Extension de garantie des portables", "warranty", "Armor Informatique", "2025-012", 260, 830, 60, 11300,
         ("laptop",), ("Latitude 5450",)),
    Deal("Contrôle d’accès et badges", "maintenance", "Sterenn Sécurité", "2021-006", 1500, 22, 60, 8900, ("badge",)),
    Deal("Liens et accès à Internet", "telecom", "Ponant Télécom", "2023-052", 900, 560, 180, 64100),
    Deal("Copieurs de l’ancienne mairie", "lease", "Copie Ouest", "2020-003", 2100, -30, 90, 5200),
)  # fmt: skip

REPAIRS = (
    ("Écran fendu", "Dalle remplacée"),
    ("Ne démarre plus", "Alimentation remplacée"),
    ("Batterie gonflée", "Batterie remplacée"),
    ("Clavier\u202f: touches bloquées", "Clavier remplacé"),
    ("Disque bruyant", "Disque remplacé, données recopiées"),
    ("Port de charge abîmé", "Connecteur ressoudé"),
    ("Surchauffe et ralentissements", "Nettoyage et pâte thermique"),
)
"""What was wrong, what was done."""
