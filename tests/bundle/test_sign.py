from __future__ import annotations

import datetime
import shutil
import subprocess
from pathlib import Path

import pytest

from ops import errors
from ops.bundle import lock, package, program, repository, sign

pytestmark = pytest.mark.bundle

_NOW = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
_DAY = datetime.timedelta(days=1)


@pytest.fixture(scope="module")
def unsigned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one small package for one suite."""
    place = tmp_path_factory.mktemp("repository")
    wanted = lock.Package(name="thing", version="1.0-1", summary="does things")
    tree = place / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN" / "control").write_text(package.control(wanted))
    file = place / "thing.deb"
    package.write(tree, file, moment=datetime.date(2026, 1, 2), runner=program.Runner())
    stanza = package.stanza(tree, file, Path("pool/thing.deb"))
    root = place / "apt"
    repository.add(root, "trixie", [repository.Entry(stanza, file)])
    return root


@pytest.fixture(scope="module")
def key_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("gnupg")
    sign.make_key(home)
    return home


def _served(unsigned: Path, signed: Path, place: Path) -> Path:
    """Lay the signed files over a copy of the repository, as a bundle server does."""
    shutil.copytree(unsigned, place)
    shutil.copytree(signed / "dists", place / "dists", dirs_exist_ok=True)
    return place


def _apt_update(served: Path, keyring: Path, place: Path) -> subprocess.CompletedProcess[str]:
    """Run a real apt over the repository, in directories of its own."""
    for name in ("state/lists/partial", "cache/archives/partial", "etc"):
        (place / name).mkdir(parents=True, exist_ok=True)
    (place / "state" / "status").touch()
    (place / "etc" / "sources.list").write_text(f"deb [signed-by={keyring}] copy:{served} trixie main\n")
    (place / "apt.conf").write_text(
        f'Dir::State "{place}/state";\nDir::State::status "{place}/state/status";\nDir::Cache "{place}/cache";\n'
        f'Dir::Etc::sourcelist "{place}/etc/sources.list";\nDir::Etc::sourceparts "/none";\n'
        f'Dir::Etc::parts "/none";\nAPT::Sandbox::User "root";\nAPT::Architecture "amd64";\n'
        # The machine's own configuration may have switched these off.
        'Acquire::Check-Valid-Until "true";\nAcquire::Check-Date "true";\n'
    )
    settings = {"APT_CONFIG": str(place / "apt.conf"), "PATH": "/usr/bin:/bin", "LC_ALL": "C"}
    return subprocess.run(
        ["apt-get", "update", "--error-on=any"], env=settings, check=False, capture_output=True, text=True
    )


@pytest.fixture
def signed(unsigned: Path, key_home: Path, tmp_path: Path) -> Path:
    assert sign.sign(unsigned, key_home, tmp_path / "signed", now=_NOW) is True
    return tmp_path / "signed"


def test_apt_accepts_the_signed_repository(unsigned: Path, signed: Path, tmp_path: Path) -> None:
    served = _served(unsigned, signed, tmp_path / "served")
    update = _apt_update(served, signed / sign.KEYRING, tmp_path / "apt")
    assert update.returncode == 0, update.stderr
    (index,) = (tmp_path / "apt" / "state" / "lists").glob("*_Packages")
    assert "Package: thing" in index.read_text()


def test_apt_refuses_a_changed_index(unsigned: Path, signed: Path, tmp_path: Path) -> None:
    served = _served(unsigned, signed, tmp_path / "served")
    for index in served.glob("dists/trixie/main/binary-amd64/Packages*"):
        index.write_bytes(index.read_bytes() + b"\n")
    assert _apt_update(served, signed / sign.KEYRING, tmp_path / "apt").returncode != 0


def test_apt_refuses_another_sites_key(unsigned: Path, signed: Path, tmp_path: Path) -> None:
    sign.make_key(tmp_path / "other")
    sign.sign(unsigned, tmp_path / "other", tmp_path / "others", now=_NOW)
    served = _served(unsigned, signed, tmp_path / "served")
    update = _apt_update(served, tmp_path / "others" / sign.KEYRING, tmp_path / "apt")
    assert update.returncode != 0
    assert "NO_PUBKEY" in update.stderr or "Missing key" in update.stderr


def test_apt_refuses_a_signature_that_has_run_out(unsigned: Path, key_home: Path, tmp_path: Path) -> None:
    sign.sign(unsigned, key_home, tmp_path / "signed", now=_NOW - (sign.VALID_DAYS + 1) * _DAY)
    served = _served(unsigned, tmp_path / "signed", tmp_path / "served")
    update = _apt_update(served, tmp_path / "signed" / sign.KEYRING, tmp_path / "apt")
    assert update.returncode != 0
    assert "expired" in update.stderr


def test_the_bundles_own_repository_stays_unsigned(unsigned: Path, signed: Path) -> None:
    assert signed.exists()
    assert not list(unsigned.rglob("InRelease"))
    assert "Date:" not in (unsigned / "dists" / "trixie" / "Release").read_text()


def test_signing_the_same_again_changes_nothing(unsigned: Path, signed: Path, key_home: Path) -> None:
    before = (signed / "dists" / "trixie" / "InRelease").read_bytes()
    assert sign.sign(unsigned, key_home, signed, now=_NOW + _DAY) is False
    assert (signed / "dists" / "trixie" / "InRelease").read_bytes() == before


def test_a_signature_is_renewed_when_half_of_its_time_is_gone(unsigned: Path, signed: Path, key_home: Path) -> None:
    assert sign.sign(unsigned, key_home, signed, now=_NOW + (sign.VALID_DAYS // 2) * _DAY) is True


def test_changed_content_is_signed_anew(unsigned: Path, signed: Path, key_home: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(unsigned, changed)
    release = changed / "dists" / "trixie" / "Release"
    release.write_text(release.read_text().replace("Label: bundle", "Label: other"))
    assert sign.sign(changed, key_home, signed, now=_NOW + _DAY) is True
    assert "Label: other" in (signed / "dists" / "trixie" / "InRelease").read_text()


def test_the_date_never_goes_back(unsigned: Path, signed: Path, key_home: Path) -> None:
    with pytest.raises(errors.IntegrityError, match="clock"):
        sign.sign(unsigned, key_home, signed, now=_NOW - _DAY)


def test_without_a_key_nothing_is_signed(unsigned: Path, tmp_path: Path) -> None:
    with pytest.raises(errors.CredentialError):
        sign.sign(unsigned, tmp_path / "none", tmp_path / "signed")
    assert not (tmp_path / "signed").exists()


def test_the_key_is_made_once_and_no_agent_stays(tmp_path: Path) -> None:
    home = tmp_path / "gnupg"
    sign.make_key(home)
    first = sorted(path.name for path in (home / "private-keys-v1.d").iterdir())
    sign.make_key(home)
    assert sorted(path.name for path in (home / "private-keys-v1.d").iterdir()) == first
    assert home.stat().st_mode & 0o777 == 0o700
    agents = [path for path in Path("/proc").glob("[0-9]*/cmdline") if str(home) in _text(path)]
    assert agents == []


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
