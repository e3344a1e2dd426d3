"""Recovery points: complete, consistent, of this site, and not a byte changed."""

from __future__ import annotations

import datetime
import json

import pydantic
import pytest

from ops import errors
from ops.recovery import point, signing
from ops.recovery.point import Kind, RecoveryPoint
from tests.support import drills


def sealed(made: RecoveryPoint, keys: drills.Keys) -> bytes:
    return keys.signer.seal(made, drills.NOW)


def keys(site: str = "lab") -> drills.Keys:
    return drills.keys(site, signing.Purpose.RECOVERY_POINT)


def test_a_signed_point_is_read_back() -> None:
    made, signer = drills.recovery_point(), keys()
    assert point.open_point(sealed(made, signer), signer.root, site="lab", where="file") == made


def test_the_point_of_another_site_is_refused_whoever_signed_it() -> None:
    elsewhere = keys("elsewhere")
    with pytest.raises(errors.IntegrityError, match="from site elsewhere, not from lab"):
        point.open_point(
            sealed(drills.recovery_point("elsewhere"), elsewhere), elsewhere.root, site="lab", where="file"
        )
    ours = keys()
    with pytest.raises(errors.IntegrityError, match="of site elsewhere, not of lab"):
        point.open_point(sealed(drills.recovery_point("elsewhere"), ours), ours.root, site="lab", where="file")


def test_a_flipped_bit_anywhere_is_refused() -> None:
    signer = keys()
    data = sealed(drills.recovery_point(), signer)
    for place in range(0, len(data), 3):
        changed = data[:place] + bytes([data[place] ^ (1 << place % 8)]) + data[place + 1 :]
        with pytest.raises(errors.IntegrityError):
            point.open_point(changed, signer.root, site="lab", where="file")


def test_evidence_is_no_recovery_point() -> None:
    signer = drills.keys()
    data = signer.signer.seal(drills.record(), drills.NOW)
    with pytest.raises(errors.IntegrityError, match="for evidence, not for recovery-point"):
        point.open_point(data, signer.root, site="lab", where="file")


def test_a_point_says_which_members_a_lost_site_would_miss() -> None:
    made = drills.recovery_point()
    assert made.missing == frozenset()
    fewer = tuple(member for member in made.members if member.kind is not Kind.MODELS)
    assert made.model_copy(update={"members": fewer}).missing == {Kind.MODELS}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"skew_s": 5}, "skew"),
        ({"schema_version": 2}, "Input should be 1"),
        ({"id": "latest"}, "pattern"),
        ({"members": []}, "at least 1"),
        ({"unknown": 1}, "not permitted"),
        ({"started": "2026-11-24T06:00:00"}, "timezone"),
    ],
)
def test_a_point_that_contradicts_itself_is_refused(change: dict[str, object], reason: str) -> None:
    plain = drills.recovery_point().model_dump(mode="json")
    with pytest.raises(pydantic.ValidationError, match=reason):
        RecoveryPoint.model_validate(plain | change)


def test_a_kind_is_there_once_and_etcd_carries_its_state() -> None:
    plain = json.loads(drills.recovery_point().model_dump_json())
    twice = plain | {"members": plain["members"] + plain["members"][:1]}
    with pytest.raises(pydantic.ValidationError, match="there twice"):
        RecoveryPoint.model_validate(twice)
    for member in plain["members"]:
        member["etcd"] = None
    with pytest.raises(pydantic.ValidationError, match="carries the state of etcd"):
        RecoveryPoint.model_validate(plain)


def test_a_member_is_found_by_its_kind() -> None:
    made = drills.recovery_point()
    assert made.member(Kind.ETCD).kind is Kind.ETCD
    with pytest.raises(errors.NotFoundError, match="has no models"):
        made.model_copy(update={"members": made.members[:1]}).member(Kind.MODELS)


def test_ids_sort_by_time_and_tell_members_apart() -> None:
    members = drills.recovery_point().members
    later = drills.NOW + datetime.timedelta(seconds=1)
    assert point.identifier(drills.NOW, members) < point.identifier(later, members)
    assert point.identifier(drills.NOW, members) != point.identifier(drills.NOW, members[1:])
