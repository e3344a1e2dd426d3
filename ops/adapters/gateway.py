"""The gateway's OpenAI-compatible API, as a client sees it."""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from ops import errors

_REFUSED = 401
_BUSY = (429, 503)
"""What the gateway answers while all slots and queues are full, or no model is ready."""
_PAUSE_SECONDS = 1.0


def served_models(url: str, trust: Path, key: str, *, timeout: float) -> frozenset[str]:
    """Given base URL, CA file and API key, return the names of the models served; `timeout` is in seconds.

    Raise UnreachableError when the gateway does not answer, CredentialError when it refuses the key.
    """
    try:
        with httpx.Client(
            verify=ssl.create_default_context(cafile=str(trust)), timeout=timeout, trust_env=False
        ) as client:
            response = client.get(f"{url}/models", headers={"authorization": f"Bearer {key}"})
            if response.status_code == _REFUSED:
                raise errors.CredentialError("the gateway refuses the API key", where=url, mend="check OPENAI_API_KEY")
            response.raise_for_status()
            return frozenset(str(entry["id"]) for entry in response.json()["data"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise errors.UnreachableError(
            f"the gateway does not answer as it should: {reason}",
            where=url,
            mend="look at the load balancer, then at the gateway's pods",
        ) from error


def chat(url: str, trust: Path, key: str, body: Mapping[str, object], *, timeout: float) -> str:
    """Given base URL, CA file, API key and the body of a chat completion, return the text of the answer.

    A busy gateway is asked again until `timeout`, in seconds, is over. Raise as `served_models`.
    """
    deadline = time.monotonic() + timeout
    try:
        with httpx.Client(
            verify=ssl.create_default_context(cafile=str(trust)), timeout=timeout, trust_env=False
        ) as client:
            while True:
                response = client.post(
                    f"{url}/chat/completions", headers={"authorization": f"Bearer {key}"}, json=dict(body)
                )
                if response.status_code not in _BUSY or time.monotonic() > deadline:
                    break
                time.sleep(_PAUSE_SECONDS)
            if response.status_code == _REFUSED:
                raise errors.CredentialError("the gateway refuses the API key", where=url, mend="check the key's hash")
            response.raise_for_status()
            return str(response.json()["choices"][0]["message"]["content"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError, IndexError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise errors.UnreachableError(
            f"the gateway gives no answer: {reason}",
            where=url,
            mend="look at the load balancer, then at the gateway's pods",
        ) from error
