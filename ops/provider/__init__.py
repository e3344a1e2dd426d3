"""What Pulumi talks to: language host, the site's own provider, Kubernetes stand-in. Thin: the work is in actions."""
