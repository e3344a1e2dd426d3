"""The site answers from outside, to clients that know nothing of sitewright."""

from __future__ import annotations

import json
from collections.abc import Iterator

import openai
import pytest

from ops.adapters import process
from tests.support import site as support

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def client(site: support.TestSite) -> Iterator[openai.OpenAI]:
    """Yield the unmodified client, for all questions."""
    with site.client() as asking:
        yield asking


def test_the_model_knows_the_capital_of_france(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        model="smollm2",
        messages=[{"role": "user", "content": "What is the capital of France? Answer in one sentence."}],
        max_tokens=32,
        temperature=0,
    )
    assert "Paris" in (answer.choices[0].message.content or "")
    assert answer.usage is not None
    assert answer.usage.completion_tokens > 0


def test_a_stream_ends_with_a_reason_and_counts(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model="smollm2",
        messages=[{"role": "user", "content": "What is 2+3?"}],
        max_tokens=24,
        temperature=0,
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    reasons = [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason]
    assert reasons
    assert reasons[-1] in {"stop", "length"}
    assert chunks[-1].usage is not None


def test_the_models_of_the_spec_are_listed(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["smollm2"]


def test_a_wrong_key_is_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="sk-wrong").models.list()


def test_curl_trusts_the_site_by_the_exported_bundle(site: support.TestSite) -> None:
    exported = site.environment()
    url = f"{exported['OPENAI_BASE_URL']}/models"
    completed = process.run(
        ["curl", "--silent", "--show-error", "--noproxy", "*", "--write-out", "%{http_code}", url],
        timeout=30,
        environment=exported,
    )
    assert completed.stdout.endswith("401")


def test_status_says_that_all_is_well(site: support.TestSite) -> None:
    found = json.loads(process.run([support.SITEWRIGHT, "status", site.path, "--json"], timeout=60).stdout)
    assert found["schema_version"] == 1
    assert {node["name"]: node["machine"] for node in found["nodes"]} == dict.fromkeys(
        ("infra1", "cp1", "gpu1"), "running"
    )


def test_arguments_of_ssh_arrive_as_given(site: support.TestSite) -> None:
    words = ["printf", "%s\n", "a b", "$HOME", "'quoted'", "*", "ä\\n"]
    assert site.ssh("gpu1", *words).stdout.splitlines() == words[2:]
    assert site.ssh("gpu1", "id", "-u").stdout.strip() == "0"
    assert site.ssh("gpu1", "sh", "-c", "exit 7").returncode == 7


def test_the_pods_run_at_the_restricted_level(site: support.TestSite) -> None:
    refused = process.run(
        ["kubectl", "-n", "models", "run", "x", "--image=x", "--privileged"],
        timeout=30,
        environment=site.environment(),
        expect=(1,),
    )
    assert "violates PodSecurity" in refused.stderr
