"""Names for the fictional authority: common first and last names of Brittany, and what its services are called."""

FIRST_NAMES = """
Adèle Agnès Alain Alexandre Alice Amélie Anaïs André Anne Annick Antoine Arnaud Audrey Aurélie Baptiste Bastien Benjamin
Benoît Bernadette Bertrand Brigitte Camille Carole Caroline Catherine Cécile Céline Chantal Charlotte Chloé Christelle
Christian Christine Christophe Clément Corentin Corinne Cyril Damien Daniel David Delphine Denis Didier Dominique Édith
Élodie Émilie Emmanuel Éric Estelle Étienne Évelyne Fabien Fabrice Fanny Fatima Florence Florian François Françoise
Frédéric Gaël Gaëlle Gérard Gilles Guillaume Gwenaëlle Hakim Hervé Hugo Inès Isabelle Jacques Jean Jérôme Joël Julie
Julien Karim Karine Kévin Laëtitia Laurence Laurent Leïla Loïc Louis Lucie Ludovic Maëlle Malo Manon Marc Marie Marine
Marion Martine Maxime Mélanie Michel Mireille Morgane Myriam Nathalie Nicolas Nolwenn Noémie Odile Olivier Pascal
Patrice Patricia Patrick Pauline Philippe Pierre Rachid Raphaël Régis Renaud Rémi Romain Ronan Rozenn Sabrina Salomé
Samuel Sandrine Sarah Sébastien Serge Servane Simon Soazig Solène Stéphane Stéphanie Sylvain Sylvie Tanguy Thierry
Thomas Tiphaine Tristan Valérie Vanessa Véronique Victor Vincent Virginie Xavier Yannick Yves Yvonne Zoé
""".split()  # noqa: SIM905 (a list literal of 300 names would be less readable)

LAST_NAMES = [
    name.replace("-", " ")
    for name in """
Abgrall Allain André Arzel Aubry Balcon Baron Barbier Bernard Berthou Bertrand Bescond Bihan Blanchard Bodin Bonnet
Boucher Boulic Bourdon Bozec Briand Briec Cadiou Calvez Caradec Cariou Castel Chauvin Chevalier Clément Colin Corre
Cosquer Coulon Cozic Daniel David Denis Derrien Diallo Drévillon Dubois Dumont Dupuis Evenou Fabre Fagon Favennec
Ferrand Floch Fournier Galliou Garnier Gauthier Gautier Gélébart Gouez Gourvès Grall Guéguen Guérin Guillerm Guivarch
Hamon Hélias Hervé Jaffrès Jaouen Jézéquel Joly Kerdraon Kergoat Kerhervé Kermarrec Kernéis Kerouanton Kervella Lagadec
Lamour Laot Lardic Laurent Lavanant Leclerc Lefèvre Legrand Lemaire Lemoine Leroux Le-Bris Le-Berre Le-Dantec Le-Floch
Le-Gall Le-Guen Le-Roux Lucas Madec Mahé Marchadour Martin Mazé Menez Merle Meunier Mevel Mezouar Michel Moal Monfort
Morel Morin Morvan Moulin Nédélec Nguyen Nicolas Olier Ollivier Omnès Pellen Péron Perrot Petton Picard Pichon Podeur
Poulain Prigent Quéméner Queffelec Quéré Raguenès Renard Richard Rioual Robin Rolland Roudaut Rousseau Salaün Sanquer
Simon Stéphan Talarmin Tanneau Thomas Toullec Traoré Tréguer Troadec Vaillant Vasseur Vigouroux Voisin Yvinec Zerrouki
""".split()  # noqa: SIM905 (a list literal of 300 names would be less readable)
]

COMMUNES = (
    "Ville de Rivemarine", "Plouvallon", "Kermorvan-sur-Mer", "Saint-Ivy-des-Landes", "Lanvaur", "Trégoat",
    "Le Moulin-Neuf", "Pors-Argoad", "Roscaden",
)  # fmt: skip

METROPOLE_DEPARTMENTS = {
    "Direction générale": ("Cabinet et assemblées", "Communication", "Affaires juridiques"),
    "Direction des finances": ("Budget", "Comptabilité", "Commande publique"),
    "Direction des ressources humaines": ("Carrières et paie", "Formation", "Prévention et santé au travail"),
    "Direction des systèmes d’information": ("Assistance et postes de travail", "Réseaux et serveurs", "Applications"),
    "Direction de l’urbanisme": ("Permis de construire", "Planification", "Foncier"),
    "Direction de la voirie": ("Entretien des voies", "Signalisation", "Éclairage public"),
    "Direction de l’eau et de l’assainissement": ("Exploitation", "Relations avec les abonnés"),
    "Direction des déchets": ("Collecte", "Déchèteries"),
    "Direction des mobilités": ("Transports", "Stationnement"),
    "Direction de l’économie": ("Développement économique", "Tourisme"),
}

CITY_DEPARTMENTS = {
    "Population et citoyenneté": ("État civil", "Élections", "Cimetières", "Accueil"),
    "Éducation et jeunesse": ("Écoles", "Restauration scolaire", "Petite enfance", "Centres de loisirs"),
    "Culture": ("Médiathèques", "Conservatoire", "Musée"),
    "Sports": ("Équipements sportifs", "Vie associative"),
    "Cadre de vie": ("Espaces verts", "Propreté", "Bâtiments"),
    "Tranquillité publique": ("Police municipale", "Prévention"),
}

TOWN_DEPARTMENTS = ("Accueil et état civil", "Services techniques", "Écoles et périscolaire", "Finances et personnel")

UNITS = {
    "Assistance et postes de travail": ("Centre d’appels", "Déploiement des postes"),
    "Réseaux et serveurs": ("Télécommunications", "Centre de données"),
    "Carrières et paie": ("Paie", "Retraites", "Recrutement"),
    "Budget": ("Prospective financière", "Dette et trésorerie"),
    "Collecte": ("Collecte nord", "Collecte sud"),
    "Transports": ("Transport scolaire", "Vélo et piétons"),
    "Entretien des voies": ("Secteur littoral", "Secteur rural"),
    "Espaces verts": ("Serres", "Parcs et jardins", "Arbres"),
    "Médiathèques": ("Médiathèque centrale", "Médiathèque du port"),
    "Petite enfance": ("Crèche Les Goélands", "Crèche Les Ajoncs", "Relais petite enfance"),
}

STRUCTURES = (
    ("Centre communal d’action sociale", ("Aide à domicile", "Résidences autonomie", "Insertion")),
    ("Office de tourisme de Rivemarine", ()),
    ("Régie des eaux de Rivemarine", ("Réseaux", "Abonnés")),
    ("Syndicat mixte du port", ("Capitainerie",)),
    ("Établissement public foncier local", ()),
    ("Agence d’urbanisme de Rivemarine", ()),
)

JOB_TITLES = (
    "Assistant administratif", "Assistante de direction", "Chargé de mission", "Chargée de projet", "Gestionnaire",
    "Instructeur", "Adjoint administratif", "Rédacteur", "Attachée territoriale", "Technicien territorial",
    "Agent d’accueil", "Comptable", "Responsable de secteur", "Ingénieure territoriale", "Coordinatrice", "Secrétaire",
)  # fmt: skip
