from __future__ import annotations

import pytest

from ops import errors
from ops.bundle import aptroot, program


class _Answering(program.Runner):
    """Stands for apt on a machine whose sources are given."""

    def __init__(self, targets: str) -> None:
        super().__init__()
        self._targets = targets

    def run(self, argv: object, **settings: object) -> str:
        del argv, settings
        return self._targets


def test_the_machines_own_mirror_is_found_whatever_other_sources_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aptroot, "_codename", lambda: "bookworm")
    runner = _Answering(
        "http://other.example/apt stable-x\n"
        "http://mirror.example/debian/ bookworm\n"
        "http://mirror.example/debian/ bookworm-updates\n"
        "http://mirror.example/security/ bookworm-security\n"
    )
    assert aptroot.mirrors(runner) == {
        "main": "http://mirror.example/debian",
        "security": "http://mirror.example/security",
    }


def test_a_machine_that_follows_stable_by_name_has_a_mirror_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aptroot, "_codename", lambda: "trixie")
    assert aptroot.mirrors(_Answering("http://mirror.example/debian/ stable\n")) == {
        "main": "http://mirror.example/debian"
    }


def test_a_machine_without_a_debian_source_is_told_what_to_add(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aptroot, "_codename", lambda: "trixie")
    with pytest.raises(errors.PrerequisiteError, match="no source for Debian trixie"):
        aptroot.mirrors(_Answering("http://other.example/apt noble\n"))


@pytest.mark.parametrize(
    ("version", "file"), [("1:2.38-5", "mount_1%3a2.38-5_amd64.deb"), ("2.38+x~y", "mount_2.38+x~y_amd64.deb")]
)
def test_a_download_is_found_under_the_name_that_apt_gives_it(version: str, file: str) -> None:
    assert aptroot.Chosen("mount", version, "amd64").download_name == file
