"""Pure: spec in; node variables, rendered texts and Kubernetes objects out."""
