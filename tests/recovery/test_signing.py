"""Signed statements: who may sign what, for whom, and when."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ops import errors
from ops.recovery import canonical, signing
from tests.support import drills

EVIDENCE, POINT = signing.Purpose.EVIDENCE, signing.Purpose.RECOVERY_POINT


class Note(canonical.Statement):
    text: str


def unseal(data: bytes, keys: drills.Keys, **other: object) -> signing.Sealed:
    wanted: dict[str, object] = {"site": "lab", "purpose": EVIDENCE, "where": "file"} | other
    return signing.unseal(data, keys.root, **wanted)  # type: ignore[arg-type]


def test_what_was_sealed_is_read_with_the_root_alone() -> None:
    keys = drills.keys()
    sealed = unseal(keys.signer.seal(Note(text="it was so"), drills.NOW), keys)
    assert sealed.payload == {"text": "it was so"}
    assert sealed.signed == drills.NOW


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"site": "elsewhere"}, "from site lab, not from elsewhere"),
        ({"purpose": POINT}, "for evidence, not for recovery-point"),
    ],
)
def test_a_statement_for_something_else_is_refused(other: dict[str, object], reason: str) -> None:
    keys = drills.keys()
    with pytest.raises(errors.IntegrityError, match=reason):
        unseal(keys.signer.seal(Note(text="x"), drills.NOW), keys, **other)


def test_any_site_will_do_when_none_is_asked_for() -> None:
    keys = drills.keys("elsewhere")
    assert unseal(keys.signer.seal(Note(text="x"), drills.NOW), keys, site=None).certificate.grant.site == "elsewhere"


@pytest.mark.parametrize("days", [-1, 31])
def test_a_key_signs_only_in_its_time(days: int) -> None:
    keys = drills.keys(days=30)
    data = keys.signer.seal(Note(text="x"), drills.NOW + datetime.timedelta(days=days))
    with pytest.raises(errors.IntegrityError, match="was not good on"):
        unseal(data, keys)


def test_another_root_is_not_believed() -> None:
    data = drills.keys().signer.seal(Note(text="x"), drills.NOW)
    with pytest.raises(errors.IntegrityError, match="not certified by this root"):
        unseal(data, drills.keys())


def test_a_key_cannot_certify_another() -> None:
    keys = drills.keys()
    middle, last = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    granted = signing.certify(middle, last.public_key(), site="lab", purpose=EVIDENCE, now=drills.NOW, days=1)
    data = signing.Signer(last, granted).seal(Note(text="x"), drills.NOW)
    with pytest.raises(errors.IntegrityError, match="not certified by this root"):
        unseal(data, keys)


def test_the_certificate_of_another_key_does_not_help() -> None:
    keys = drills.keys()
    thief = signing.Signer(Ed25519PrivateKey.generate(), keys.signer.certificate)
    with pytest.raises(errors.IntegrityError, match="changed after it was signed"):
        unseal(thief.seal(Note(text="x"), drills.NOW), keys)


def test_a_signer_knows_its_own_work() -> None:
    keys = drills.keys()
    data = keys.signer.seal(Note(text="x"), drills.NOW)
    assert keys.signer.own(data) is not None
    assert keys.signer.own(data.replace(b'"x"', b'"y"')) is None
    assert keys.signer.own(b"{}") is None
    assert drills.keys().signer.own(data) is None


@pytest.mark.parametrize("data", [b"", b"{}", b"null", b"\xff", b'{"payload":1}\n'])
def test_what_is_no_statement_is_refused(data: bytes) -> None:
    with pytest.raises(errors.IntegrityError, match="not a signed statement"):
        unseal(data, drills.keys())


def test_keys_lie_in_files(tmp_path: Path) -> None:
    public = signing.make_key(tmp_path / "root.key")
    (tmp_path / "root.pub").write_bytes(signing.public_text(public))
    assert (tmp_path / "root.key").stat().st_mode & 0o777 == 0o600
    assert signing.load_key(tmp_path / "root.key").public_key() == public
    assert signing.load_root(tmp_path / "root.pub") == public
    with pytest.raises(errors.CredentialError, match="there is a key already"):
        signing.make_key(tmp_path / "root.key")


@pytest.mark.parametrize("content", [None, b"", b"no key"])
def test_a_file_without_a_key_is_named(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    for load in (signing.load_key, signing.load_root):
        with pytest.raises(errors.CredentialError, match="no key can be read"):
            load(tmp_path / "key")
