"""sitewright: one typed file describes a private-LLM site; the rooms of this package make and keep it so."""
