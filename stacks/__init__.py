"""The Pulumi program: one component a file."""
