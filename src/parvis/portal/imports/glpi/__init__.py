"""GLPI read through its REST API (`apirest.php`, GLPI 9.1 and later): sessions, pages of items, what they say."""
