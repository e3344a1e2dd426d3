"""What runs on or in the site as a service."""
