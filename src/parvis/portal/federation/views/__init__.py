"""Pages: `sign_in` (there and back), `identities` (one's own), `logout`, `providers` (for the heads of IT)."""
