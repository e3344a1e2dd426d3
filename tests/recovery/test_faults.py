"""Planted faults: a drill over a real repository fails with the cause named, and never passes."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ops import errors
from ops.adapters import restic, restic_errors
from ops.adapters.restic_repository import Repository
from ops.adapters.restic_results import Compression, Source
from ops.recovery import capture, drill, hashing, point, restore, signing
from ops.recovery.drill import Recorder
from ops.recovery.judgement import Verdict
from ops.recovery.point import Kind, Member, RecoveryPoint
from ops.recovery.timeline import Moment
from tests.support import drills, vault
from tests.support import restic as support

pytestmark = pytest.mark.restic


@dataclasses.dataclass
class Scene:
    """A site's recovery point with one member in a real repository, and the drill that restores it."""

    made: vault.Vault
    keys: drills.Keys
    manifest: bytes
    place: Path
    repository: Repository

    def drill(self) -> drill.DrillRecord:
        """Run the drill."""
        scenario = drill.Drill("model-restore", "The model store is lost", safe=True, perform=self._perform)
        return drill.run(scenario, site="lab", objective=drills.OBJECTIVE, environment={})

    def _perform(self, recorder: Recorder) -> None:
        found = point.open_point(self.manifest, self.keys.root, site="lab", where="manifest")
        recorder.mark(Moment.FAULT)
        recorder.use(found, "f" * 64, (Kind.MODELS,))
        restore.confirm_repository(self.repository, found)
        member = found.member(Kind.MODELS)
        recorder.mark(Moment.RESTORE_STARTED)
        restore.restore(self.repository, member, self.place / "back", timeout=60)
        recorder.mark(Moment.DATA)
        recorder.compare("files", len(member.files), 2)
        recorder.mark(Moment.SERVING)
        recorder.expect_refusal("the last byte of weights was flipped", lambda: self._refuse_damage(member))

    def _refuse_damage(self, member: Member) -> None:
        with (self.place / "back/weights").open("r+b") as file:
            file.seek(-1, os.SEEK_END)
            last = file.read(1)
            file.seek(-1, os.SEEK_END)
            file.write(bytes([last[0] ^ 1]))
        restore.verify(member, self.place / "back")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return vault.template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def scene(template: Path, tmp_path: Path) -> Iterator[Scene]:
    keys = drills.keys(purpose=signing.Purpose.RECOVERY_POINT)
    with vault.copied(template, tmp_path / "vault") as made:
        member = capture.capture(made.repository, Kind.MODELS, made.models, host="lab", timeout=60)
        manifest = keys.signer.seal(recovery_point(made.repository, member), drills.NOW)
        yield Scene(made, keys, manifest, tmp_path, made.repository)


def recovery_point(repository: Repository, member: Member, site: str = "lab") -> RecoveryPoint:
    like = drills.recovery_point(site).model_dump(mode="json")
    mine = {"repository": restic.identity(repository), "members": [member.value()], "skew_s": 0.0}
    return RecoveryPoint.model_validate(like | mine)


def flip_a_byte(scene: Scene) -> None:
    pack = scene.made.biggest_pack()
    data = bytearray(pack.read_bytes())
    data[1000] ^= 1
    pack.write_bytes(data)


def truncate_a_pack(scene: Scene) -> None:
    pack = scene.made.biggest_pack()
    os.truncate(pack, pack.stat().st_size // 2)


def take_a_pack_away(scene: Scene) -> None:
    scene.made.biggest_pack().unlink()


def give_a_wrong_password(scene: Scene) -> None:
    (scene.place / "wrong").write_text("wrong")
    (scene.place / "wrong").chmod(0o600)
    scene.repository = dataclasses.replace(scene.repository, password=scene.place / "wrong")


def point_at_nothing(scene: Scene) -> None:
    location = f"rest:https://127.0.0.1:{support.free_port()}/site/"
    scene.repository = dataclasses.replace(scene.repository, location=location)


def point_at_another_repository(scene: Scene) -> None:
    location = f"{scene.repository.location}second/"
    scene.repository = dataclasses.replace(scene.repository, location=location)
    restic.initialise(scene.repository)


def give_the_manifest_of_another_site(scene: Scene) -> None:
    member = point.open_point(scene.manifest, scene.keys.root, site="lab", where="x").member(Kind.MODELS)
    scene.manifest = scene.keys.signer.seal(recovery_point(scene.repository, member, "elsewhere"), drills.NOW)


def change_the_manifest(scene: Scene) -> None:
    assert b'"size":14' in scene.manifest
    scene.manifest = scene.manifest.replace(b'"size":14', b'"size":15')


def fill_the_directory(scene: Scene) -> None:
    (scene.place / "back").mkdir()
    (scene.place / "back/left-over").touch()


FAULTS: list[tuple[Callable[[Scene], None], str]] = [
    (flip_a_byte, "E-RESTIC-DAMAGED"),
    (truncate_a_pack, "E-RESTIC-DAMAGED"),
    (take_a_pack_away, "E-RESTIC-DAMAGED"),
    (give_a_wrong_password, "E-RESTIC-PASSWORD"),
    (point_at_nothing, "E-RESTIC-UNREACHABLE"),
    (point_at_another_repository, "E-RESTIC-OTHER-REPOSITORY"),
    (give_the_manifest_of_another_site, "of site elsewhere, not of lab"),
    (change_the_manifest, "changed after it was signed"),
    (fill_the_directory, "not empty"),
]


def test_without_a_fault_the_drill_passes(scene: Scene) -> None:
    record = scene.drill()
    assert record.verdict is Verdict.PASS, record.reasons
    assert record.negative_control is not None
    assert record.negative_control.said.endswith("changed: weights")


@pytest.mark.parametrize(("plant", "cause"), FAULTS, ids=[plant.__name__ for plant, _ in FAULTS])
def test_a_planted_fault_fails_the_drill_and_is_named(plant: Callable[[Scene], None], cause: str, scene: Scene) -> None:
    plant(scene)
    record = scene.drill()
    assert record.verdict is Verdict.FAIL
    assert any(cause in reason for reason in record.reasons), record.reasons


def test_a_full_disk_fails_the_drill_and_is_named(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restore, "_RESERVE_BYTES", -vault.MODEL_BYTES)
    with vault.small_disk(scene.place / "small", "3m") as small:
        scene.place = small
        record = scene.drill()
    assert record.verdict is Verdict.FAIL
    assert "E-RESTIC-NO-SPACE" in record.reasons[0]


def test_an_exclude_that_swallows_the_model_never_becomes_a_recovery_point(scene: Scene) -> None:
    with pytest.raises(restic_errors.IncompleteBackupError):
        restic.backup(
            scene.repository,
            [Source(scene.made.models, minimum_files=2, minimum_bytes=vault.MODEL_BYTES)],
            host="lab",
            compression=Compression.OFF,
            exclude=["weights"],
            timeout=60,
        )


def test_a_model_that_was_wrong_before_the_backup_is_seen_by_its_own_manifest(scene: Scene) -> None:
    expected = hashing.hash_tree(scene.made.models)
    with (scene.made.models / "weights").open("r+b") as file:
        file.write(b"\0\0\0\0")
    member = capture.capture(scene.repository, Kind.MODELS, scene.made.models, host="lab", timeout=60)
    assert hashing.differences(expected, member.files).changed == ("weights",)


def test_the_errors_of_a_drill_are_those_of_the_house(scene: Scene) -> None:
    give_a_wrong_password(scene)
    with pytest.raises(errors.CredentialError) as raised:
        restore.confirm_repository(scene.repository, drills.recovery_point())
    assert raised.value.exit_code == 3
