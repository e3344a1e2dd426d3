"""The line parser: whatever restic, a full pipe or a broken disk makes of the bytes."""

from __future__ import annotations

import json
import resource

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.adapters import restic_lines

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)
_MESSAGES = st.builds(
    lambda kind, fields: fields | {"message_type": kind},
    st.text(min_size=1),
    st.dictionaries(st.text(), _VALUES, max_size=4),
)
_GARBAGE = st.binary().map(lambda data: b"x" + data.replace(b"\n", b" "))


def read(data: bytes, *cuts: int) -> list[restic_lines.Message | str]:
    splitter = restic_lines.Splitter()
    lines = []
    start = 0
    for cut in sorted(cuts):
        lines += splitter.feed(data[start : max(start, cut)])
        start = max(start, cut)
    lines += splitter.feed(data[start:]) + splitter.finish()
    return [restic_lines.parse(line) for line in lines]


@given(st.binary(), st.lists(st.integers(0, 200)))
def test_any_bytes_give_lines_and_where_a_read_ends_changes_nothing(data: bytes, cuts: list[int]) -> None:
    assert read(data, *cuts) == read(data)


@given(st.lists(_MESSAGES, min_size=1, max_size=5), st.lists(_GARBAGE, min_size=1, max_size=5))
def test_broken_lines_between_messages_lose_no_message(messages: list[dict[str, object]], broken: list[bytes]) -> None:
    lines = []
    for number, message in enumerate(messages):
        lines += [broken[number % len(broken)], json.dumps(message).encode()]
    parsed = [item for item in read(b"\n".join(lines)) if isinstance(item, restic_lines.Message)]
    assert [item.fields for item in parsed] == messages


@given(_MESSAGES, st.data())
def test_a_truncated_message_is_text(message: dict[str, object], data: st.DataObject) -> None:
    whole = json.dumps(message).encode()
    cut = data.draw(st.integers(1, len(whole) - 1))
    assert all(isinstance(item, str) for item in read(whole[:cut]))


def test_two_lines_mixed_into_one_are_text_and_forge_no_summary() -> None:
    mixed = b'{"message_type":"status"{"message_type":"summary","snapshot_id":"forged"}}'
    assert read(mixed) == [mixed.decode()]


def test_invalid_utf8_is_replaced_and_read_on() -> None:
    items = read(b'{"message_type":"error","item":"/\xff\xfe"}\n{"message_type":"summary"}')
    assert [item.kind for item in items if isinstance(item, restic_lines.Message)] == ["error", "summary"]


def test_an_endless_line_holds_no_more_than_its_limit() -> None:
    splitter = restic_lines.Splitter()
    for _ in range(40):
        assert splitter.feed(b"x" * 2**17) == []
    (line,) = splitter.feed(b"\n")
    assert len(line) == restic_lines.LINE_LIMIT
    assert splitter.feed(b"next\n") == ["next"]


def test_deep_nesting_and_huge_numbers_are_text() -> None:
    for line in ('{"a":' * 100_000, '{"message_type":"status","n":' + "9" * 10_000 + "}", '{"message_type":1}', "{}"):
        assert restic_lines.parse(line) == line


def test_a_million_errors_are_counted_in_bounded_memory() -> None:
    splitter, transcript = restic_lines.Splitter(), restic_lines.Transcript()
    line = b'{"message_type":"error","error":{"message":"' + b"y" * 200 + b'"},"during":"restore","item":"/a"}\n'
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(1_000):
        transcript.add(map(restic_lines.parse, splitter.feed(line * 1_000)), trusted=False)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert transcript.error_count == 1_000_000
    assert len(transcript.errors) == restic_lines.KEPT_LINES
    assert grown * 1024 < 2**25


def test_a_summary_on_stderr_is_not_believed() -> None:
    transcript = restic_lines.Transcript()
    transcript.add([restic_lines.Message("summary", {"snapshot_id": "x"})], trusted=False)
    assert transcript.summary is None


def test_logins_are_masked_in_text_and_errors() -> None:
    said = "Head https://site:s3cret@backup:8000/config: and rest:https://a:b@c/"
    assert restic_lines.redact(said) == "Head https://***@backup:8000/config: and rest:https://***@c/"
    transcript = restic_lines.Transcript()
    transcript.add([restic_lines.Message("exit_error", {"message": said})], trusted=False)
    assert "s3cret" not in str(transcript.exit_message)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "Save(<data/c795410720>) returned error, retrying after 573.497573ms: unexpected HTTP response (507):"
            " 507 Insufficient Storage",
            True,
        ),
        ("Save(<data/507>) returned error, retrying after 1s: connection refused", False),
        ("no space left on device", False),
    ],
)
def test_a_full_server_is_told_from_others(line: str, told: bool) -> None:
    assert restic_lines.tells_full(line) is told
