"""Collect what a recovery point is made of: the cluster's state, the models, the answers to the golden questions."""

from __future__ import annotations

import dataclasses
import datetime
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pydantic

from ops import errors
from ops.adapters import agent, gateway
from ops.plan import endpoints
from ops.recovery import deposit, golden, home, oci, questions, vault
from ops.recovery.golden import Golden, GoldenSet
from ops.recovery.home import Home
from ops.recovery.point import EtcdState, Kind
from ops.spec import model

SNAPSHOT_SECONDS = 600.0
ANSWER_SECONDS = 60.0
_ETCD_STATE = "state.json"

Say = Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class ControlPlane:
    """What one control plane's agent handed out."""

    etcd: Path
    pki: Path
    state: EtcdState
    taken: datetime.datetime
    """When it was asked for."""


def control_plane(place: Home, site: model.Site, say: Say) -> ControlPlane:
    """Take a snapshot of etcd and the cluster's certificates from the first control plane that gives them.

    Raise the last one's error when none does.
    """
    failed: errors.SitewrightError | None = None
    for asked in vault.agents(place, site, model.Role.CONTROL_PLANE):
        target = place.staging / "control-plane"
        home.wipe(target)
        target.mkdir(mode=0o700, parents=True)
        taken = datetime.datetime.now(datetime.UTC)
        try:
            agent.fetch_tar(asked, "snapshot", into=target, timeout=SNAPSHOT_SECONDS)
            state = _etcd_state(target / Kind.ETCD)
        except errors.SitewrightError as error:
            say(f"{asked.node} gives no snapshot: {error.what}")
            failed = error
            continue
        say(f"etcd snapshot of {asked.node}: revision {state.revision}, {sum(state.objects.values())} objects")
        return ControlPlane(target / Kind.ETCD, target / Kind.PKI, state, taken)
    raise failed or errors.NotFoundError("the site has no control plane", where=site.name, mend="check the spec")


def models(place: Home, site: model.Site, images: Mapping[str, str], say: Say) -> Path:
    """Bring the copy of the site's models up to what its registry holds, and return its directory.

    Raise NotFoundError when the deposit names no image of a model, else as `oci.fetch`.
    """
    for card in site.models:
        name = f"models/{card.name}"
        if name not in images:
            raise errors.NotFoundError(
                f"the deposit names no image of model {card.name}",
                where=str(place.deposit / deposit.ABOUT),
                mend="run on the operator's machine: sitewright backup SITE",
            )
        target = place.models / card.name
        oci.fetch(endpoints.registry(site), name, images[name], target, trust=place.keys / vault.AUTHORITY, say=say)
    for old in set(place.models.iterdir()) - {place.models / card.name for card in site.models}:
        home.wipe(old)
    return place.models


def golden_sets(place: Home, site: model.Site, images: Mapping[str, str], say: Say) -> tuple[GoldenSet, ...]:
    """Ask each model the golden questions through the gateway, several times each, and return the answers.

    Answers that are not always alike are recorded as one run, which no drill takes for proof. Raise UnreachableError
    or CredentialError when the gateway does not answer.
    """
    machines = questions.machine(
        agent.ask(asked, "machine", timeout=ANSWER_SECONDS).decode().strip()
        for asked in vault.agents(place, site, model.Role.WORKER)
    )
    sets = []
    for card in site.models:
        started = time.monotonic()
        answers = {question: _answers(place, site, card, question) for question in site.recovery.golden_prompts}
        unsteady = golden.unsteady(answers)
        steady = "all steady" if not unsteady else f"{len(unsteady)} of them not steady"
        say(f"{card.name} answered {len(answers)} questions in {time.monotonic() - started:.0f} s, {steady}")
        sets.append(
            GoldenSet(
                model=card.name,
                envelope=questions.envelope(site, card, images, machines),
                runs=1 if unsteady else golden.BASELINE_RUNS,
                questions=tuple(Golden(question=asked, answer=given[0]) for asked, given in answers.items()),
            )
        )
    return tuple(sets)


def _answers(place: Home, site: model.Site, card: model.Model, question: str) -> list[str]:
    key = vault.secret(place.keys / vault.API_KEY)
    body = questions.chat_body(card, question)
    trust = place.keys / vault.AUTHORITY
    return [
        gateway.chat(endpoints.gateway_url(site), trust, key, body, timeout=ANSWER_SECONDS)
        for _ in range(golden.BASELINE_RUNS)
    ]


def _etcd_state(directory: Path) -> EtcdState:
    path = directory / _ETCD_STATE
    try:
        return EtcdState.model_validate(json.loads(path.read_bytes()))
    except (OSError, ValueError, pydantic.ValidationError) as error:
        raise errors.IntegrityError(
            f"the agent's account of etcd cannot be read: {error}",
            where=str(path),
            mend="run the same command again; then look at the agent on the control plane",
        ) from error
