"""Make a site, or take a lab away: the whole road behind `make site` and `make destroy`."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from ops import errors, spec
from ops.actions import ask, bundle_build, environment, failures, host_packages, prepare, seed, vault_remote
from ops.adapters import pulumi, pulumi_recovery, site_lock
from ops.lab import lab
from ops.plan import endpoints
from ops.spec import locate, model, places

Say = Callable[[str], None]
"""Takes one line of progress."""


@dataclasses.dataclass(frozen=True)
class Made:
    """A site that answers."""

    site: model.Site
    url: str
    """Base URL for OpenAI clients."""
    answer: ask.Answer


def up(argument: str, say: Say) -> Made:
    """Make a site what its spec says, or leave it when it is so, and return its model's answer.

    Raise LockedError when another run is at it, and what the parts raise; the same call goes on from there.
    """
    path = locate.resolve(argument)
    site = spec.load(path)
    with site_lock.hold(prepare.workspace(site).state):
        _prepare(site, say)
        stack = _stack(path, site)
        say(f"pulumi up: stack {stack.name}")
        for line in pulumi_recovery.settle(stack):
            say(line)
        pulumi.select(stack)
        _update(stack, prepare.workspace(site).state / "failures.jsonl")
        vault_remote.push_deposit(path, site, say)
        say("asking the model")
        return Made(site, endpoints.gateway_url(site), ask.ask(site))


def _update(stack: pulumi.Stack, record: Path) -> None:
    """Run the update. Raise the first error of a resource as what it was, where one was written down."""
    record.unlink(missing_ok=True)
    told = dataclasses.replace(stack, environment={**stack.environment, failures.VARIABLE: str(record)})
    try:
        pulumi.up(told, *_quiet_options())
    except errors.DeployError as error:
        cause = failures.first(record)
        if cause is None:
            raise
        raise cause from error


def prepare_only(argument: str, say: Say) -> model.Site:
    """Make bundle, keys and seed of a site on this machine, and touch no node."""
    site = spec.load(locate.resolve(argument))
    with site_lock.hold(prepare.workspace(site).state):
        _prepare(site, say)
    return site


def _prepare(site: model.Site, say: Say) -> None:
    host_packages.install(site, say)
    say("bundle")
    bundle = bundle_build.bundle_build(models=site.models)
    say("keys and seed")
    prepare.prepare(site)
    seed.seed(site, bundle)


def destroy(argument: str, say: Say) -> list[str]:
    """Remove a lab wholly: stack, machines, networks, state directory. Return what was removed.

    Raise PrerequisiteError for a real site: its machines are not ours to remove.
    """
    path = locate.resolve(argument)
    site = spec.load(path)
    state = prepare.workspace(site).state
    if site.lab is None:
        raise errors.PrerequisiteError(
            f"{site.name} is a real site, and sitewright removes labs only",
            where=str(path),
            mend="take nodes out one by one, each by hand: docs/how-to/remove-a-node.md",
        )
    if not state.exists() and not lab.status(site.name).remains:
        return []
    with site_lock.hold(state):
        say(f"removing the machines of lab {site.name}")
        removed = list(lab.destroy(site.name))
        _forget_stack(site)
    shutil.rmtree(state)
    _remove_empty(state.parent)
    return [*removed, str(state)]


def _forget_stack(site: model.Site) -> None:
    """Remove the file beside Pulumi.yaml that holds the salt of a stack whose state is about to go."""
    (places.PROJECT_ROOT / f"Pulumi.{site.name}.yaml").unlink(missing_ok=True)


def _remove_empty(directory: Path) -> None:
    if directory.is_dir() and not any(directory.iterdir()):
        directory.rmdir()


def _stack(path: Path, site: model.Site) -> pulumi.Stack:
    variables = environment.environment(str(path), os.environ).variables
    return pulumi.Stack(site.name, {**os.environ, **variables})


def _quiet_options() -> list[str]:
    """Without a terminal, Pulumi's tree of unchanged resources is noise."""
    return ["--suppress-permalink", "--skip-preview", "--suppress-outputs"]
