"""Evidence: every byte is signed, every record is linked, and a killed run leaves nothing that lies."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops import errors
from ops.recovery import evidence, signing
from tests.support import drills


@pytest.fixture(scope="module")
def keys() -> drills.Keys:
    return drills.keys()


@pytest.fixture(scope="module")
def chain(keys: drills.Keys, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return drills.evidence_directory(tmp_path_factory.mktemp("evidence"), keys)


def changes(data: bytes) -> Iterator[bytes]:
    """Every one-byte change of a kind: bits flipped, a space in its place, doubled, left out."""
    for place, byte in enumerate(data):
        before, after = data[:place], data[place + 1 :]
        for other in {byte ^ 1, byte ^ 0x20, byte ^ 0x80, 0x20, 0x0A, 0x30} - {byte}:
            yield before + bytes([other]) + after
        yield before + after
        yield before + bytes([byte, byte]) + after


def is_refused(data: bytes, path: Path, keys: drills.Keys) -> bool:
    path.write_bytes(data)
    try:
        evidence.verify(path, keys.root)
    except errors.IntegrityError:
        return True
    return False


def test_a_chain_is_verified_with_the_root_alone(chain: list[Path], keys: drills.Keys) -> None:
    verified = evidence.verify_chain(chain[0].parent, keys.root, site="lab")
    assert [item.path for item in verified] == chain
    assert all(item.linked for item in verified)
    assert [path.name for path in chain] == [f"00000{number}-model-restore.json" for number in (1, 2, 3)]


@pytest.mark.parametrize(("suffix", "step"), [(".json", 2), (".html", 11)])
def test_a_flipped_bit_anywhere_is_refused(
    suffix: str, step: int, chain: list[Path], keys: drills.Keys, tmp_path: Path
) -> None:
    data = chain[1].with_suffix(suffix).read_bytes()
    target = tmp_path / f"000002-model-restore{suffix}"
    for place in range(0, len(data), step):
        flipped = data[:place] + bytes([data[place] ^ (1 << place % 8)]) + data[place + 1 :]
        assert is_refused(flipped, target, keys), f"byte {place}"
    assert not is_refused(data, target, keys)


@pytest.mark.soak
@pytest.mark.parametrize("suffix", [".json", ".html"])
def test_every_kind_of_change_of_every_byte_is_refused(
    suffix: str, chain: list[Path], keys: drills.Keys, tmp_path: Path
) -> None:
    data = chain[1].with_suffix(suffix).read_bytes()
    target = tmp_path / f"000002-model-restore{suffix}"
    assert [number for number, other in enumerate(changes(data)) if not is_refused(other, target, keys)] == []


@given(place=st.integers(0, 10**6), byte=st.integers(0, 255), suffix=st.sampled_from([".json", ".html"]))
def test_any_byte_put_anywhere_is_refused(
    chain: list[Path], keys: drills.Keys, tmp_path_factory: pytest.TempPathFactory, place: int, byte: int, suffix: str
) -> None:
    data = chain[1].with_suffix(suffix).read_bytes()
    place %= len(data)
    changed = data[:place] + bytes([byte]) + data[place + 1 :]
    target = tmp_path_factory.mktemp("changed") / f"000002-model-restore{suffix}"
    assert is_refused(changed, target, keys) == (changed != data)


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (lambda chain: chain[1].unlink(), "record 2 of the chain is not there"),
        (lambda chain: chain[0].unlink(), "record 1 of the chain is not there"),
        (lambda chain: chain[1].write_bytes(chain[0].read_bytes()), "record 2 of the chain is not there"),
        (lambda chain: chain[1].rename(chain[1].with_name("000007-model-restore.json")), "chain is not there"),
    ],
)
def test_a_record_taken_away_or_put_elsewhere_breaks_the_chain(
    harm: Callable[[list[Path]], object], reason: str, keys: drills.Keys, tmp_path: Path
) -> None:
    harm(drills.evidence_directory(tmp_path, keys))
    with pytest.raises(errors.IntegrityError, match=reason):
        evidence.verify_chain(tmp_path, keys.root)


def test_a_record_replaced_by_another_signed_one_breaks_the_chain(keys: drills.Keys, tmp_path: Path) -> None:
    ours = drills.evidence_directory(tmp_path / "ours", keys)
    other = evidence.append(tmp_path / "other", drills.record("lab", 0.0, 1.0), keys.signer, now=drills.NOW)
    ours[0].write_bytes(other.record.read_bytes())
    with pytest.raises(errors.IntegrityError, match="is not the one that it names"):
        evidence.verify(ours[1], keys.root)
    with pytest.raises(errors.IntegrityError, match="is not the one that it names"):
        evidence.verify_chain(tmp_path / "ours", keys.root)


def test_a_record_alone_is_verified_and_says_that_it_stands_alone(
    chain: list[Path], keys: drills.Keys, tmp_path: Path
) -> None:
    for suffix in (".json", ".html"):
        (tmp_path / f"copy{suffix}").write_bytes(chain[1].with_suffix(suffix).read_bytes())
        assert not evidence.verify(tmp_path / f"copy{suffix}", keys.root).linked
        (tmp_path / f"copy{suffix}").unlink()


def test_a_page_beside_another_record_is_refused(keys: drills.Keys, tmp_path: Path) -> None:
    chain = drills.evidence_directory(tmp_path, keys)
    chain[1].with_suffix(".html").write_bytes(chain[0].with_suffix(".html").read_bytes())
    with pytest.raises(errors.IntegrityError, match="drawn from another record"):
        evidence.verify(chain[1].with_suffix(".html"), keys.root)


def test_the_evidence_of_another_site_is_refused(keys: drills.Keys, chain: list[Path], tmp_path: Path) -> None:
    with pytest.raises(errors.IntegrityError, match="from site lab, not from elsewhere"):
        evidence.verify(chain[0], keys.root, site="elsewhere")
    foreign = evidence.append(tmp_path, drills.record("elsewhere"), keys.signer, now=drills.NOW)
    with pytest.raises(errors.IntegrityError, match="a key of site lab signed it for site elsewhere"):
        evidence.verify(foreign.record, keys.root)


def test_a_recovery_point_is_no_evidence(tmp_path: Path) -> None:
    keys = drills.keys(purpose=signing.Purpose.RECOVERY_POINT)
    (tmp_path / "point.json").write_bytes(keys.signer.seal(drills.recovery_point(), drills.NOW))
    with pytest.raises(errors.IntegrityError, match="for recovery-point, not for evidence"):
        evidence.verify(tmp_path / "point.json", keys.root)


def test_a_page_that_a_killed_run_did_not_draw_is_drawn_next_time(keys: drills.Keys, tmp_path: Path) -> None:
    first = evidence.append(tmp_path, drills.record(), keys.signer, now=drills.NOW)
    first.page.unlink()
    (tmp_path / ".000002-model-restore.json.new").write_bytes(b"half a rec")
    second = evidence.append(tmp_path, drills.record(), keys.signer, now=drills.NOW)
    for path in (first.page, second.record, second.page):
        assert evidence.verify(path, keys.root).linked


def test_no_page_is_signed_for_a_record_that_somebody_changed(keys: drills.Keys, tmp_path: Path) -> None:
    first = evidence.append(tmp_path, drills.record(), keys.signer, now=drills.NOW)
    first.page.unlink()
    first.record.write_bytes(first.record.read_bytes().replace(b'"pass"', b'"fail"'))
    second = evidence.append(tmp_path, drills.record(), keys.signer, now=drills.NOW)
    assert second.record.exists()
    assert not first.page.exists()


def test_a_file_that_is_not_there_is_named(keys: drills.Keys, tmp_path: Path) -> None:
    with pytest.raises(errors.NotFoundError, match="cannot read the evidence"):
        evidence.verify(tmp_path / "none.json", keys.root)


def test_evidence_outlives_its_key(chain: list[Path], keys: drills.Keys) -> None:
    assert keys.signer.certificate.grant.not_after < drills.NOW + datetime.timedelta(days=366)
    assert evidence.verify(chain[0], keys.root).signed == drills.NOW
