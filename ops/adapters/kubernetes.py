"""The Kubernetes API as the operator reaches it: its readiness page."""

from __future__ import annotations

import base64
import http
import http.client
import ssl
import urllib.parse

import yaml

from ops import errors

_ANSWER_SECONDS = 5.0


def ready(kubeconfig: str) -> None:
    """Ask the API server's readiness page, trusting only the cluster's own CA. Raise UnreachableError with the reason.

    The page needs no credentials (ClusterRole system:public-info-viewer), so no key is read; where anonymous
    requests are turned off, the refusal itself shows that the server answers.
    """
    cluster = yaml.safe_load(kubeconfig)["clusters"][0]["cluster"]
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    address = urllib.parse.urlsplit(cluster["server"])
    connection = http.client.HTTPSConnection(
        address.hostname or "",
        address.port,
        timeout=_ANSWER_SECONDS,
        context=ssl.create_default_context(cadata=authority),
    )
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise _unreachable(cluster["server"], str(error) or type(error).__name__) from error
    finally:
        connection.close()
    if answer.status not in {http.HTTPStatus.OK, http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.FORBIDDEN}:
        raise _unreachable(cluster["server"], f"{answer.status} {answer.reason}")


def _unreachable(server: str, reason: str) -> errors.UnreachableError:
    return errors.UnreachableError(
        f"the Kubernetes API is not ready: {reason}",
        where=server,
        mend="check that the load balancer and a control plane run (sitewright status)",
    )
