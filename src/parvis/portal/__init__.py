"""The portal: Django. `config` wires the rooms; each room says in its own docstring what it owns."""
