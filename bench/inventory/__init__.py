"""Reports of inventory probes, taken in: ours, OCS Inventory's server, and the least anything could do."""
