"""The Kubernetes objects of the LLM service, as plain data."""

from ops.plan.serving.objects import objects

__all__ = ["objects"]
