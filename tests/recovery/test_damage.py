from __future__ import annotations

from pathlib import Path

import pytest

from ops import errors
from ops.recovery import damage


def refuse() -> None:
    raise errors.IntegrityError("seen", where="here", mend="none")


def accept() -> None:
    pass


def test_a_flipped_bit_leaves_the_size_and_changes_one_byte(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(bytes(range(9)))
    damage.flip(file)
    assert [index for index, byte in enumerate(file.read_bytes()) if byte != index] == [4]
    damage.flip(file)
    assert file.read_bytes() == bytes(range(9))


def test_all_checks_must_refuse() -> None:
    with pytest.raises(errors.IntegrityError, match="seen; and: seen"):
        damage.each(refuse, refuse)()
    damage.each(refuse, accept)()
    damage.each(accept, refuse)()
