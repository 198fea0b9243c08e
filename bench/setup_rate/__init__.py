"""How many people a second may open their screen: tickets issued and redeemed, everything real but the PCs."""
