from __future__ import annotations

from pathlib import Path

import pytest

from ops.lab import groups, memory, remains


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("cache 9\nrss 1\ntotal_cache 900\ntotal_rss 70\ntotal_shmem 7\n", id="version 1"),
        pytest.param("anon 70\nfile 900\nshmem 7\n", id="version 2"),
    ],
)
def test_anonymous_and_shared_memory_count_and_page_cache_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (tmp_path / "memory.stat").write_text(text)
    monkeypatch.setattr(remains, "nodes", lambda _lab: ("cp1",))
    monkeypatch.setattr(groups, "of_machine", lambda _lab, _node: [tmp_path / "other", tmp_path])
    assert memory.sample("lab") == {"cp1": 77}
