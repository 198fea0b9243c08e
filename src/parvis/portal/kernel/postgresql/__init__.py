"""Django's engine for PostgreSQL, with prepared statements where `kernel.prepared` asks for them."""
