"""What is done to imports: brought, read, decided, applied, undone, forgotten."""
