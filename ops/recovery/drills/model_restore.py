"""The model store comes back from the backup on a worker, and a pod of its own answers the golden questions from it.

Safe on a running site: directory, namespace and pod are the drill's own, nothing sends to them, and all is wiped.
"""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable
from pathlib import Path

from ops import errors
from ops.adapters import agent, gateway
from ops.plan import endpoints
from ops.plan.serving import scratch
from ops.recovery import golden, questions, restore, scratch_model, vault
from ops.recovery.drill import Recorder
from ops.recovery.golden import GoldenSet, Tier
from ops.recovery.judgement import Assertion, assertion
from ops.recovery.point import Kind, Member
from ops.recovery.scratch_model import Place
from ops.recovery.setting import Scenario, Setting
from ops.recovery.timeline import Moment

RESTORE_SECONDS = 12 * 3600.0
_SCRATCH = "drill-model-restore"
_ANSWER_SECONDS = 120.0


def bind(setting: Setting) -> Callable[[Recorder], None]:
    """Return the drill for a site and one of its recovery points."""
    return functools.partial(_perform, setting)


SCENARIO = Scenario("model-restore", "The model store is lost and restored from the backup", True, bind)


def _perform(setting: Setting, recorder: Recorder) -> None:
    point = setting.entry.point
    member = point.member(Kind.MODELS)
    for line in scratch_model.sweep(setting):
        recorder.deviations.append(f"an earlier drill had left {line}; it was removed")
    place = scratch_model.choose(setting, f"{scratch.PREFIX}{secrets.token_hex(4)}")
    recorder.environment |= {"worker": place.worker.node, "triton_image": point.images.get("triton", "unknown")}
    recorder.fault = "the model store was declared lost; the running one is not touched"
    recorder.mark(Moment.FAULT)
    recorder.use(point, setting.entry.sha256, (Kind.MODELS,))
    restore.confirm_repository(setting.repository, point)
    recorder.mark(Moment.RESTORE_STARTED)
    with setting.home.scratch_directory(_SCRATCH) as directory:
        try:
            _bring_back(place, recorder, member, directory / "store")
        finally:
            agent.ask(place.worker, "drill-wipe", place.drill, timeout=_ANSWER_SECONDS)
    here = sorted(path.name for path in setting.home.scratch.glob(f"{_SCRATCH}*"))
    recorder.compare("left in the cluster and on the workers", "nothing", scratch_model.left(setting))
    recorder.compare("left on the drill host", "nothing", ", ".join(here) or "nothing")


def _bring_back(place: Place, recorder: Recorder, member: Member, store: Path) -> None:
    setting = place.setting
    setting.say(f"restoring {member.size} bytes")
    restore.restore(setting.repository, member, store, timeout=RESTORE_SECONDS)
    setting.say(f"copying them to {place.worker.node}")
    scratch_model.send(place, store, member.size + sum(card.size for card in setting.site.models))
    hashes = _verified(place, member)
    recorder.assertions.append(hashes)
    for card in setting.site.models:
        scratch_model.unpack(place, card, store)
    recorder.mark(Moment.DATA)
    recorder.proven = Tier.WEIGHTS
    tiers = [_ask(place, recorder, asked, hashes) for asked in setting.entry.point.golden]
    recorder.mark(Moment.SERVING)
    recorder.proven = Tier.ANSWERS if tiers and set(tiers) == {Tier.ANSWERS} else Tier.WEIGHTS
    _compare_production(setting, recorder)
    setting.say("trying a damaged copy")
    scratch_model.damage(place, member)
    recorder.expect_refusal(
        f"one bit of the largest file was flipped on {place.worker.node}",
        functools.partial(scratch_model.verify, place, member),
    )


def _verified(place: Place, member: Member) -> Assertion:
    """Hash the files on the worker, and return the assertion. Raise IntegrityError when they differ."""
    found = scratch_model.verify(place, member)
    return assertion(f"files on {place.worker.node} equal to the signed manifest", len(member.files), found)


def _ask(place: Place, recorder: Recorder, recorded: GoldenSet, hashes: Assertion) -> Tier | None:
    """Serve one model from the restored files, ask it the golden questions, and return what that proves."""
    setting = place.setting
    card = next((card for card in setting.site.models if card.name == recorded.model), None)
    if card is None:
        raise errors.NotFoundError(
            f"the site has no model {recorded.model} any more", where=setting.site.name, mend="make a new backup"
        )
    setting.say(f"serving {card.name} from the restored files")
    machine = agent.ask(place.worker, "machine", timeout=_ANSWER_SECONDS).decode().strip()
    now = questions.envelope(setting.site, card, setting.entry.point.images, machine)
    with scratch_model.serving(place, card) as pod:
        recorder.compare(f"the pod of {card.name} runs on", place.worker.node, pod["node"])
        recorder.compare("addresses of that pod that a Service sends to", 0, pod["selected"])
        given = {item.question: scratch_model.answer(place, card, item.question) for item in recorded.questions}
    answers = golden.compare(recorded, given, now)
    recorder.assertions.append(answers)
    return golden.proven(hashes, answers)


def _compare_production(setting: Setting, recorder: Recorder) -> None:
    """Assert that the running site still answers, and as before."""
    key = vault.secret(setting.home.keys / vault.API_KEY)
    url = endpoints.gateway_url(setting.site)
    for recorded in setting.entry.point.golden:
        card = next(card for card in setting.site.models if card.name == recorded.model)
        first = recorded.questions[0]
        body = questions.chat_body(card, first.question)
        trust = setting.home.keys / vault.AUTHORITY
        said = gateway.chat(url, trust, key, body, timeout=_ANSWER_SECONDS)
        recorder.compare(f"the running {card.name} answers as before", first.answer, said)
