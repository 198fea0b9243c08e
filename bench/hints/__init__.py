"""How soon an order reaches a gateway: by NOTIFY within the order's transaction or after it, by Redis, or by asking."""
