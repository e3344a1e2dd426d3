"""The Pulumi resource classes of a site. Their type tokens are those of ops/provider."""
