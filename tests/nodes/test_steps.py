"""The state machine under kills: whatever is interrupted, the same run again ends with every node as wanted."""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops import errors
from ops.nodes import acts, steps
from ops.nodes.acts import Act, Step
from ops.nodes.journal import Entry, Journal, Package, State, Store

NOW = datetime.datetime(2026, 11, 24, tzinfo=datetime.UTC)
OURS, PERSON = "maintenance", "person"


class Killed(Exception):  # noqa: N818 - it is no error of the code
    """The process is gone."""


@dataclasses.dataclass
class World:
    """Machines as they are, whatever the journal says."""

    cordon: dict[str, str]
    """Node -> who cordoned it."""
    version: dict[str, str]
    running: dict[str, str]
    pods: dict[str, bool]
    budget: int
    """Operations until the kill."""
    broken: frozenset[str] = frozenset()
    """Nodes on which the new version does not start."""

    def tick(self) -> None:
        """One operation that a kill may come before."""
        if self.budget == 0:
            raise Killed
        self.budget -= 1

    def do(self, step: Step, node: str, version: str) -> bool:
        """Do a step as the real parts do it, idempotently; return whether it ended well."""
        self.tick()
        if step is Step.CORDON and node not in self.cordon:
            self.cordon[node] = OURS
            assert list(self.cordon.values()).count(OURS) == 1, "two nodes are away by our hand"
        elif step is Step.DRAIN:
            assert node in self.cordon
            self.pods[node] = False
        elif step is Step.ACT:
            assert not self.pods[node], "a node that serves is changed"
            self.version[node] = version
        elif step is Step.RESTART:
            assert not self.pods[node], "a node that serves is restarted"
            self.running[node] = self.version[node]
        elif step is Step.VERIFY:
            return self.running[node] == version and not (node in self.broken and version == "new")
        elif step is Step.UNCORDON and self.cordon.get(node) == OURS:
            del self.cordon[node]
            self.pods[node] = True
        return True


def start(names: list[str], person: set[str], broken: set[str] = frozenset()) -> World:  # type: ignore[assignment] # a frozenset is only read
    return World(
        cordon={name: PERSON for name in names if name in person},
        version=dict.fromkeys(names, "old"),
        running=dict.fromkeys(names, "old"),
        pods=dict.fromkeys(names, True),
        budget=0,
        broken=frozenset(broken),
    )


def journal(names: list[str], act: Act = acts.RUNTIME_UPGRADE) -> Journal:
    package = Package(name="containerd.io", before="old", after="new")
    entries = tuple(Entry(node=name, packages=(package,)) for name in names)
    return Journal(site="lab", act=act.name, target="new", command="again", started=NOW, entries=entries)


def run(world: World, store: Store, budget: int) -> bool:
    """Start once, as the playbook does; return whether it came to its end. A kill is Killed."""
    world.budget = budget
    saved = store.load()
    assert saved is not None
    act = acts.find(saved.act)
    store.save(steps.resume(saved))
    for name in [entry.node for entry in saved.entries]:
        found = store.load()
        assert found is not None
        left = steps.left(found.entry(name), act)
        if left:
            store.save(found.with_entry(steps.begin(found.entry(name), NOW)))
        for step in left:
            if not world.do(step, name, "new"):
                restore(world, store, act, name)
                return False
            world.tick()
            found = store.load()
            assert found is not None
            entry = steps.settle(steps.complete(found.entry(name), step, NOW), act)
            store.save(found.with_entry(entry))
    return True


def restore(world: World, store: Store, act: Act, name: str) -> None:
    """Put a node back as the role's rescue does."""
    found = store.load()
    assert found is not None
    failed = steps.fail(found.entry(name), act, "it does not start", "look")
    store.save(found.with_entry(failed))
    assert steps.must_undo(failed)
    for step in (Step.ACT, Step.RESTART, Step.VERIFY, Step.UNCORDON):
        assert world.do(step, name, "old")
    store.save(found.with_entry(steps.restored(failed)))


NAMES = st.lists(st.sampled_from(["cp1", "gpu1", "gpu2", "gpu3"]), min_size=1, max_size=4, unique=True)


@settings(deadline=None, max_examples=60)
@given(names=NAMES, kills=st.lists(st.integers(0, 40), max_size=8), data=st.data())
def test_kills_at_any_moment_end_in_every_node_done_and_only_our_cordons_gone(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], kills: list[int], data: st.DataObject
) -> None:
    person = data.draw(st.sets(st.sampled_from(names), max_size=1))
    world, store = start(names, person), Store(tmp_path_factory.mktemp("state"))
    store.save(journal(names))
    for kill in kills:
        try:
            run(world, store, kill)
        except Killed:
            continue
    assert run(world, store, -1)
    assert world.running == dict.fromkeys(names, "new")
    assert world.cordon == {name: PERSON for name in names if name in person}
    found = store.load()
    assert found is not None
    assert steps.unfinished(found) == ()


@settings(deadline=None, max_examples=40)
@given(names=NAMES, kills=st.lists(st.integers(0, 30), max_size=4), data=st.data())
def test_a_node_that_does_not_come_back_is_put_back_and_those_after_it_are_not_touched(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], kills: list[int], data: st.DataObject
) -> None:
    broken = data.draw(st.sampled_from(names))
    world, store = start(names, set(), {broken}), Store(tmp_path_factory.mktemp("state"))
    store.save(journal(names))
    for kill in [*kills, -1]:
        try:
            assert not run(world, store, kill)
        except Killed:
            continue
    before, after = names[: names.index(broken)], names[names.index(broken) + 1 :]
    assert world.running == dict.fromkeys(before, "new") | dict.fromkeys([broken, *after], "old")
    assert world.cordon == {}
    found = store.load()
    assert found is not None
    assert found.entry(broken).state is State.RESTORED
    assert found.entry(broken).error == "it does not start"
    world.broken = frozenset()
    assert run(world, store, -1)
    assert world.running == dict.fromkeys(names, "new")


def test_an_act_without_packages_that_fails_needs_a_person() -> None:
    entry = steps.fail(
        steps.complete(Entry(node="gpu1"), Step.CORDON, NOW).model_copy(update={"state": State.OPEN}),
        acts.REBOOT,
        "gone",
        "look",
    )
    assert (entry.failed_at, entry.state) == (Step.DRAIN, State.FAILED)
    assert not steps.must_undo(entry)


def test_cordon_and_drain_are_made_sure_of_until_the_node_is_proven() -> None:
    entry = Entry(node="gpu1", state=State.OPEN)
    for step in (Step.CORDON, Step.DRAIN, Step.ACT):
        entry = steps.complete(entry, step, NOW)
    assert steps.left(entry, acts.RUNTIME_UPGRADE) == tuple(step for step in Step if step is not Step.ACT)
    for step in (Step.RESTART, Step.VERIFY):
        entry = steps.complete(entry, step, NOW)
    assert steps.left(entry, acts.RUNTIME_UPGRADE) == (Step.UNCORDON, Step.SPREAD)


def test_a_step_waits_for_those_before_it() -> None:
    entry = steps.complete(Entry(node="gpu1", state=State.OPEN), Step.CORDON, NOW)
    steps.check_order(entry, acts.RUNTIME_UPGRADE, Step.CORDON)
    steps.check_order(entry, acts.RUNTIME_UPGRADE, Step.DRAIN)
    with pytest.raises(errors.DeployError, match="step uncordon of runtime_upgrade comes before drain has ended"):
        steps.check_order(entry, acts.RUNTIME_UPGRADE, Step.UNCORDON)


def test_a_journal_that_is_no_journal_is_told_and_kept(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.load() is None
    store.save(journal(["gpu1"]))
    text = store.path.read_text()
    assert store.load() == journal(["gpu1"])
    store.path.write_text(text[: len(text) // 2])
    with pytest.raises(Exception, match="E-INTEGRITY"):
        store.load()
    assert store.path.exists()


def test_a_finished_journal_moves_away_and_is_remembered(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.save(journal(["gpu1"]))
    store.finish(journal(["gpu1"]).model_copy(update={"ended": NOW}))
    assert store.load() is None
    assert [found.ended for found in store.finished()] == [NOW]
