"""What Pulumi talks to: its language host, the site's own provider and the Kubernetes stand-in. Thin: work is in actions."""
