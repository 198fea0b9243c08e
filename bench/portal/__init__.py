"""How long the portal's own work takes: pages at the size of a métropole, and the audit trail."""
