"""Programs between two files."""

from __future__ import annotations

import sys
import tempfile

import pytest

from ops import errors
from ops.adapters import pipe


def test_bytes_go_through_and_messages_come_line_by_line() -> None:
    said: list[str] = []
    program = (
        "import sys; d = sys.stdin.buffer.read(); print('got', len(d), file=sys.stderr); sys.stdout.buffer.write(d)"
    )
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as taken:
        given.write(b"\xff\x00" * 100_000)
        given.seek(0)
        ended = pipe.run([sys.executable, "-c", program], timeout=30, stdin=given, stdout=taken, listen=said.append)
        taken.seek(0)
        assert taken.read() == b"\xff\x00" * 100_000
    assert (ended.returncode, said, ended.tail) == (0, ["got 200000"], ("got 200000",))


def test_an_exit_code_is_returned_with_the_last_words() -> None:
    program = "import sys; print('\\n'.join(map(str, range(99))), file=sys.stderr); sys.exit(3)"
    ended = pipe.run([sys.executable, "-c", program], timeout=30)
    assert ended.returncode == 3
    assert ended.tail[-1] == "98"
    assert len(ended.tail) == 20


def test_a_program_that_does_not_end_is_stopped() -> None:
    with pytest.raises(errors.TimeoutExpiredError):
        pipe.run(["sleep", "60"], timeout=0.2)


def test_a_missing_program_is_named() -> None:
    with pytest.raises(errors.PrerequisiteError, match="no-such-program"):
        pipe.run(["no-such-program"], timeout=1)
