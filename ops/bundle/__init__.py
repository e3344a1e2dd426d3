"""The closed set of artifacts that a site is made of: built, fetched, checked and kept once for all sites."""
