"""The site as a Pulumi program: hosts, then the cluster on them, then what the cluster serves."""

from __future__ import annotations

import pulumi

from ops.plan import endpoints
from stacks import configuration
from stacks.cluster import Cluster
from stacks.hosts import Hosts
from stacks.serving import Serving

settings = configuration.load()
hosts = Hosts("hosts", settings)
cluster = Cluster("cluster", settings, hosts)
serving = Serving("serving", settings, cluster, hosts)

pulumi.export("gateway_url", endpoints.gateway_url(settings.site))
pulumi.export("models", [model.name for model in settings.site.models])
