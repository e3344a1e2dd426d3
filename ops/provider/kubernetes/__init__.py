"""Stand-in for Pulumi's Kubernetes plugin: server-side apply, readiness, replacement, secrets.

The official plugin cannot be had from package registries. This one takes the same type tokens and configuration and
follows its behaviour (github.com/pulumi/pulumi-kubernetes, 4.34) where a site needs it: no charts, no invokes, no CRDs
of its own.
"""
