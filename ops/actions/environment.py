"""What a shell needs so that unmodified pulumi, kubectl, curl and openai work on a site."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping

from ops import spec
from ops.actions import prepare, programs
from ops.plan import endpoints
from ops.spec import loader, locate, model, places

SITE_VARIABLE = "SITEWRIGHT_SITE"
"""Environment variable with the path of the spec: what `pulumi` and `sitewright ssh` mean by default."""

_OTHER_TRUST = ("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
"""Variables that win over SSL_CERT_FILE where they are set (curl(1); documentation of requests)."""
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


@dataclasses.dataclass(frozen=True)
class Environment:
    """Variables to export, and what to tell the operator beside them."""

    variables: Mapping[str, str]
    notes: tuple[str, ...]


def environment(argument: str, current: Mapping[str, str]) -> Environment:
    """Given a site's name or path and the caller's environment, return what to export; makes keys that are missing.

    It works before the site exists: everything points to where things will be.
    """
    path = locate.resolve(argument)
    site = spec.load(path)
    space = prepare.prepare(site)
    variables = {
        "PATH": _search_path(site, current.get("PATH", os.defpath)),
        "KUBECONFIG": str(space.state / "kubeconfig"),
        "OPENAI_BASE_URL": endpoints.gateway_url(site),
        "PROMETHEUS_URL": endpoints.prometheus_url(site),
        "SSL_CERT_FILE": str(space.trust),
        SITE_VARIABLE: str(path.resolve()),
    }
    variables |= {name: str(space.trust) for name in _OTHER_TRUST if current.get(name)}
    variables |= _pulumi(site, space)
    notes = []
    if space.api_key.exists():
        variables["OPENAI_API_KEY"] = space.api_key.read_text(encoding="utf-8").strip()
    else:
        notes.append("OPENAI_API_KEY is yours to set: a real site shows a key once and keeps only its hash")
    if loader.LAB_NAME_VARIABLE in current:
        variables[loader.LAB_NAME_VARIABLE] = current[loader.LAB_NAME_VARIABLE]
    if not programs.are_built(site):
        notes.append("pulumi and kubectl are not built yet; run: sitewright bundle build")
    return Environment(variables | _proxy_exemption(site, current), tuple(notes))


def _pulumi(site: model.Site, space: prepare.Workspace) -> dict[str, str]:
    """Return Pulumi's own variables; a backend of files is made, for Pulumi makes none."""
    files = space.state / "pulumi"
    if site.state.backend is None:
        files.mkdir(mode=0o700, exist_ok=True)
    return {
        "PULUMI_BACKEND_URL": site.state.backend or f"file://{files}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(space.passphrase),
        "PULUMI_STACK": site.name,
        "PULUMI_HOME": str(space.state / "pulumi-home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        # A second checkout has no stack file, which holds the salt of the secrets: it takes the salt from the state.
        "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true",
    }


def _search_path(site: model.Site, current: str) -> str:
    """Return PATH with our directories first, each once, so that it does not grow when evaluated again."""
    ours = [str(places.PROJECT_ROOT / ".venv" / "bin"), str(programs.directory(site))]
    return os.pathsep.join(dict.fromkeys(entry for entry in ours + current.split(os.pathsep) if entry))


def _proxy_exemption(site: model.Site, current: Mapping[str, str]) -> dict[str, str]:
    """Where the caller uses a proxy, return both spellings of no_proxy with the site's address added."""
    if not any(current.get(name) or current.get(name.upper()) for name in _PROXIES):
        return {}
    listed = [entry for entry in (current.get("no_proxy") or current.get("NO_PROXY", "")).split(",") if entry]
    ours = (endpoints.front_address(site), str(endpoints.monitoring_node(site).address))
    value = ",".join(dict.fromkeys([*listed, *ours]))
    return {"no_proxy": value, "NO_PROXY": value}
