"""Signers, recovery points and drill records for tests, as real ones would be."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ops import errors
from ops.recovery import drill, evidence, golden, hashing, point, signing, timeline
from ops.recovery.judgement import Objective
from ops.recovery.timeline import Moment

NOW = datetime.datetime(2026, 11, 24, 6, 0, tzinfo=datetime.UTC)
OBJECTIVE = Objective(rto_s=600, rpo_s=86400)

ENVELOPE = golden.Envelope(
    model_digest="sha256:" + "5" * 64,
    engine="llama xllamacpp 0.2.2",
    server="triton 2.51 lab-cpu",
    machine="a processor of this machine",
    threads=1,
    slots=2,
    temperature=0.0,
    seed=7,
    max_tokens=32,
)


@dataclasses.dataclass(frozen=True)
class Keys:
    """An offline root and a key that it certified."""

    root: Ed25519PublicKey
    signer: signing.Signer


def keys(site: str = "lab", purpose: signing.Purpose = signing.Purpose.EVIDENCE, days: int = 365) -> Keys:
    root, key = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    granted = signing.certify(root, key.public_key(), site=site, purpose=purpose, now=NOW, days=days)
    return Keys(root.public_key(), signing.Signer(key, granted))


def clock(*seconds: float, start: datetime.datetime = NOW) -> drill.Clock:
    """A clock that shows these seconds one after the other, and the last for ever."""
    shown = 0.0

    def ticks() -> Iterator[float]:
        nonlocal shown
        for value in seconds:
            shown = value
            yield value
        while True:
            yield shown

    times = ticks()
    return drill.Clock(lambda: start + datetime.timedelta(seconds=shown), lambda: next(times))


def recovery_point(site: str = "lab", *, age: datetime.timedelta = datetime.timedelta(hours=7)) -> point.RecoveryPoint:
    members = tuple(
        point.Member(
            kind=kind,
            snapshot=f"{number:064x}",
            folder=f"/backup/{kind}",
            taken=NOW - age + datetime.timedelta(seconds=number),
            files=(hashing.File(path="file", size=10, sha256="a" * 64),),
            etcd=point.EtcdState(revision=4711, hash=99, version="3.6.8", objects={"secrets": 14})
            if kind is point.Kind.ETCD
            else None,
        )
        for number, kind in enumerate(point.Kind)
    )
    questions = (
        golden.Golden(question="What is 2 + 2?", answer="4"),
        golden.Golden(question="Name a sea.", answer="Baltic"),
    )
    return point.RecoveryPoint(
        id=point.identifier(members[0].taken, members),
        site=site,
        spec_sha256="b" * 64,
        commit="c" * 40,
        repository="d" * 64,
        images={"triton": "sha256:" + "e" * 64},
        members=members,
        golden=(golden.GoldenSet(model="smollm2", envelope=ENVELOPE, runs=5, questions=questions),),
        started=members[0].taken,
        ended=members[-1].taken + datetime.timedelta(seconds=3),
        skew_s=timeline.skew(member.taken for member in members),
    )


def model_restore(recorder: drill.Recorder) -> None:
    """What a drill of a restored model does, without the restore."""
    there = recovery_point()
    recorder.fault = "the model store was declared lost; the running one is not touched"
    recorder.mark(Moment.FAULT)
    recorder.use(there, "f" * 64, (point.Kind.MODELS,))
    recorder.mark(Moment.RESTORE_STARTED)
    recorder.compare("files equal to the signed manifest", "7 of 7", "7 of 7")
    recorder.mark(Moment.DATA)
    answers = golden.compare(there.golden[0], {"What is 2 + 2?": "4", "Name a sea.": "Baltic"}, ENVELOPE)
    recorder.assertions.append(answers)
    recorder.proven = golden.proven(recorder.assertions[0], answers)
    recorder.mark(Moment.SERVING)
    recorder.compare("pods in the scratch namespace afterwards", 0, 0)
    recorder.expect_refusal("one byte of model.safetensors was flipped", refuse)


def refuse() -> None:
    raise errors.IntegrityError("changed: model.safetensors", where="scratch", mend="none")


MODEL_RESTORE = drill.Drill(
    "model-restore", "The model store is lost and restored from the backup", True, model_restore
)


def record(site: str = "lab", *seconds: float) -> drill.DrillRecord:
    times = clock(*(seconds or (0.0, 0.4, 61.2, 94.7)))
    environment = {"commit": "c" * 40, "restic": "0.18.0", "drill_host": "infra1"}
    return drill.run(MODEL_RESTORE, site=site, objective=OBJECTIVE, environment=environment, clock=times)


def evidence_directory(directory: Path, made: Keys, count: int = 3) -> list[Path]:
    """Write some records with their pages; return the records' files."""
    return [evidence.append(directory, record(), made.signer, now=NOW).record for _ in range(count)]
