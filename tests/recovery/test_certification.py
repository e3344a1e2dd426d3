"""Certificates of the drill host's key: kept while they are good, made anew when they are not."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest

from ops import errors
from ops.recovery import certification, signing
from tests.support.drills import NOW


@pytest.fixture
def root(tmp_path: Path) -> Path:
    signing.make_key(tmp_path / "root.pem")
    return tmp_path / "root.pem"


@pytest.fixture
def key(tmp_path: Path) -> str:
    return signing.public_text(signing.make_key(tmp_path / "key.pem")).decode()


def certify(root: Path, key: str, current: str = "", *, site: str = "lab", days: float = 0) -> str:
    now = NOW + datetime.timedelta(days=days)
    return certification.certify(root, key, site=site, current=current, now=now)


def test_a_key_is_certified_for_each_purpose(root: Path, key: str) -> None:
    granted = json.loads(certify(root, key))
    assert {grant["grant"]["purpose"] for grant in granted.values()} == {"recovery-point", "evidence"}


def test_certificates_that_last_stay_as_they_are(root: Path, key: str) -> None:
    first = certify(root, key)
    assert certify(root, key, first, days=300) == first


@pytest.mark.parametrize("days", [308, 500, -1])
def test_certificates_that_run_out_or_are_not_yet_good_are_made_anew(root: Path, key: str, days: float) -> None:
    first = certify(root, key)
    assert certify(root, key, first, days=days) != first


def test_another_key_site_or_root_is_certified_anew(root: Path, key: str, tmp_path: Path) -> None:
    first = certify(root, key)
    signing.make_key(tmp_path / "other.pem")
    other = signing.public_text(signing.load_key(tmp_path / "other.pem").public_key()).decode()
    assert certify(root, other, first) != first
    assert certify(root, key, first, site="other") != first
    assert certify(tmp_path / "other.pem", key, first) != first


@pytest.mark.parametrize("current", ["no JSON", "{}", '{"evidence": 1}', "[]"])
def test_what_is_no_certificate_is_made_anew(root: Path, key: str, current: str) -> None:
    assert len(json.loads(certify(root, key, current))) == 2


def test_a_public_key_that_is_none_is_refused(root: Path) -> None:
    with pytest.raises(errors.CredentialError, match="public key cannot be read"):
        certify(root, "no key")
