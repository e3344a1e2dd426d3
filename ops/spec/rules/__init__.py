"""Rules between fields: each a pure function over the effective site, all of them in one tuple."""

from __future__ import annotations

from ops.spec.findings import Finding
from ops.spec.model import Site
from ops.spec.rules import (
    accelerators,
    addresses,
    engines,
    lab,
    load_balancer,
    models,
    nodes,
    ports,
    ranges,
    real_site,
    recovery,
    roles,
    state,
    versions,
)
from ops.spec.rules.fault import Rule

RULES: tuple[Rule, ...] = (
    nodes.duplicate_node_name,
    nodes.reserved_node_name,
    nodes.old_debian_on_server,
    roles.duplicate_role,
    roles.no_infra,
    roles.no_control_plane,
    roles.even_control_planes,
    roles.no_worker,
    roles.ingress_outside_cluster,
    addresses.duplicate_address,
    addresses.address_outside_subnet,
    addresses.reserved_address,
    ranges.unusable_range,
    ranges.overlapping_ranges,
    ranges.pods_range_size,
    ranges.services_range_size,
    ranges.dns_inside_cluster,
    ranges.reserved_domain,
    ports.clashing_ports,
    ports.reserved_port,
    load_balancer.missing_virtual_address,
    load_balancer.taken_virtual_address,
    load_balancer.virtual_address_outside_subnet,
    lab.long_lab_name,
    lab.lab_outside_its_range,
    lab.access_in_lab,
    lab.host_key_in_lab,
    real_site.missing_subnet,
    real_site.missing_address,
    real_site.missing_host_key,
    real_site.malformed_host_key,
    real_site.shared_host_key,
    real_site.range_of_labs,
    models.duplicate_model_name,
    models.missing_licence,
    models.missing_digest,
    models.missing_source,
    models.output_exceeds_context,
    models.model_exceeds_its_memory,
    models.model_exceeds_node_memory,
    models.models_exceed_memory,
    models.models_exceed_disk,
    accelerators.missing_accelerators,
    accelerators.too_few_accelerators,
    accelerators.model_exceeds_accelerators,
    engines.vllm_without_accelerators,
    engines.llama_with_accelerators,
    engines.engine_outside_build,
    engines.lab_build_outside_lab,
    engines.vendor_build_without_image,
    engines.image_without_vendor_build,
    versions.unfit_versions,
    state.state_inside_site,
    state.relative_backend,
    state.secret_in_backend,
    recovery.unknown_drill_host,
    recovery.backup_beside_control_plane,
    recovery.keep_below_rpo,
)
"""Every rule of the spec, in the order of docs/reference/rules.md."""


def check(site: Site) -> tuple[Finding, ...]:
    """Given an effective site, return what the rules find, in the order of the rules."""
    return tuple(Finding(rule.__name__, *fault) for rule in RULES for fault in rule(site))
