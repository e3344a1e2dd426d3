"""The command `sitewright`."""
