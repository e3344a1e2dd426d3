"""Planted faults at the drill host's verbs: three lines, a code of their own, and nothing deleted."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ops.recovery import vault
from tests.support import certificates, drill_host
from tests.support import restic as programs
from tests.support import vault as vaults
from tests.support.drill_host import DrillHost

pytestmark = pytest.mark.restic


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a drill host with one recovery point, to be copied for each fault."""
    directory = tmp_path_factory.mktemp("template") / "host"
    with drill_host.standing(directory) as made:
        made.backup()
    return directory


@pytest.fixture
def host(template: Path, tmp_path: Path) -> Iterator[DrillHost]:
    """Give a copy of that drill host with a server of its own."""
    shutil.copytree(template, tmp_path / "host", symlinks=True)
    with drill_host.standing(tmp_path / "host") as made:
        yield made


def replace_password(host: DrillHost) -> None:
    (host.home.keys / vault.PASSWORD).write_text("another\n")


def open_password_to_others(host: DrillHost) -> None:
    (host.home.keys / vault.PASSWORD).chmod(0o644)


def replace_credential(host: DrillHost) -> None:
    (host.home.keys / vault.CREDENTIAL).write_text("drill-host:another\n")


def record_another_repository(host: DrillHost) -> None:
    path = host.home.state / "repository.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"id": "f" * 64}, sort_keys=True, separators=(",", ":")))


def lose_the_repository(host: DrillHost) -> None:
    host.data.rename(host.data.with_name("moved"))


def point_at_nothing(host: DrillHost) -> None:
    """Deposit a spec whose backup server listens on a port where nothing does."""
    site = drill_host.site_at(host.site.name, programs.free_port())
    assert host.verb("deposit", stdin=drill_host.archive(site).read()).returncode == 0


def trust_another_authority(host: DrillHost) -> None:
    (host.home.keys / vault.AUTHORITY).write_bytes(certificates.authority(host.home.root).certificate.read_bytes())


def lose_the_certificate(host: DrillHost) -> None:
    (host.home.keys / vault.CERTIFICATES).unlink()


BEFORE_A_BACKUP: dict[str, tuple[Callable[[DrillHost], None], int, str]] = {
    "wrong password": (replace_password, 3, "E-RESTIC-PASSWORD"),
    "password that others may read": (open_password_to_others, 3, "E-CREDENTIAL"),
    "wrong credential": (replace_credential, 3, "E-RESTIC-DENIED"),
    "another repository": (record_another_repository, 16, "E-RESTIC-OTHER-REPOSITORY"),
    "repository that is gone": (lose_the_repository, 6, "E-RESTIC-NO-REPOSITORY"),
    "server that does not answer": (point_at_nothing, 12, "E-RESTIC-UNREACHABLE"),
    "server of another CA": (trust_another_authority, 13, "E-RESTIC-UNTRUSTED"),
    "key that nobody certified": (lose_the_certificate, 3, "E-CREDENTIAL"),
}


@pytest.mark.parametrize("name", BEFORE_A_BACKUP)
def test_a_backup_that_cannot_be_made_says_why_and_deletes_nothing(host: DrillHost, name: str) -> None:
    plant, exit_code, code = BEFORE_A_BACKUP[name]
    plant(host)
    refused(host, ["backup", "--json"], exit_code, code)


def flip(pack: Path) -> None:
    data = bytearray(pack.read_bytes())
    data[len(data) // 2] ^= 1
    pack.write_bytes(data)


def truncate(pack: Path) -> None:
    pack.write_bytes(pack.read_bytes()[:-1000])


@pytest.mark.parametrize("damage", [flip, truncate, Path.unlink], ids=["flipped byte", "truncated", "missing"])
@pytest.mark.parametrize("verb", ["verify", "sweep"])
def test_a_damaged_pack_is_found(host: DrillHost, damage: Callable[[Path], None], verb: str) -> None:
    packs = [path for path in (host.data / "data").rglob("*") if path.is_file()]
    pack = max(packs, key=lambda path: path.stat().st_size)
    pack.chmod(0o600)
    damage(pack)
    verbs = [verb, "--json"]
    # A sweep reads one part of seven: it must find the damage at the latest in the last of them.
    codes = [host.verb(*verbs) for _ in range(host.site.recovery.sweep_parts if verb == "sweep" else 1)]
    found = [ended for ended in codes if ended.returncode != 0]
    assert found
    assert found[0].returncode == 16
    assert json.loads(found[0].stdout)["errors"][0]["code"] == "E-RESTIC-DAMAGED"


def test_a_verified_point_is_said_to_be_as_it_was_signed(host: DrillHost) -> None:
    ended = host.verb("verify", "--json")
    assert ended.returncode == 0, ended.stderr
    document = json.loads(ended.stdout)
    assert set(document["members"]) == {
        "etcd", "pki", "spec", "pulumi-state", "gateway-keys", "bundle-lock", "models",
    }  # fmt: skip
    assert not list(host.home.scratch.iterdir())


def test_a_disk_that_is_too_small_for_a_restore_is_told_before_anything_is_written(
    host: DrillHost, tmp_path: Path
) -> None:
    with vaults.small_disk(tmp_path / "small", "1m") as small:
        host.home.scratch.symlink_to(small)
        ended = refused(host, ["verify", "--json"], 14, "E-RESTIC-NO-SPACE")
        assert "nothing was written" in ended
        host.home.scratch.unlink()


def test_a_manifest_with_one_byte_changed_is_refused(host: DrillHost) -> None:
    path = next(host.home.points.iterdir())
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"skew_s":', b'"skew_s": ', 1))
    refused(host, ["verify", "--json", f"--point={path.stem}"], 16, "E-INTEGRITY")


def test_a_manifest_of_another_site_is_refused(host: DrillHost, tmp_path: Path) -> None:
    with drill_host.standing(tmp_path / "other") as other:
        drill_host.certify(other.home, "other", tmp_path / "host" / "root.pem")
        site = drill_host.site_at("other", other.site.network.backup_port)
        assert other.verb("deposit", stdin=drill_host.archive(site).read()).returncode == 0
        identifier = other.backup()
        shutil.copy(other.home.points / f"{identifier}.json", host.home.points)
    said = refused(host, ["verify", "--json", f"--point={identifier}"], 16, "E-INTEGRITY")
    assert "it is from site other" in said


def test_another_manifest_than_the_copy_outside_is_refused(host: DrillHost) -> None:
    refused(host, ["verify", "--json", f"--sha256={'0' * 64}"], 16, "E-INTEGRITY")


def test_two_runs_at_once_are_one_too_many(host: DrillHost) -> None:
    with host.home.hold():
        refused(host, ["sweep", "--json"], 11, "E-LOCKED")


def refused(host: DrillHost, words: list[str], exit_code: int, code: str) -> str:
    """Run a verb that must fail; return what it said after checking that nothing is gone."""
    server = host.data.parent
    before = drill_host.contents(server), sorted(host.home.points.iterdir())
    ended = host.verb(*words)
    error = json.loads(ended.stdout)["errors"][0]
    assert (ended.returncode, error["code"]) == (exit_code, code), ended.stderr.decode()
    lines = [line for line in ended.stderr.decode().splitlines() if not line.startswith("sitewright: ")]
    assert lines == [f"error[{code}]: {error['what']}", f"  at {error['where']}", f"  mend: {error['mend']}"]
    assert (drill_host.contents(server), sorted(host.home.points.iterdir())) == before
    return str(error["what"])
