"""Model cards, registry, manifests."""
