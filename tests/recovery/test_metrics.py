"""Text files for the node exporter."""

from __future__ import annotations

from pathlib import Path

from ops.recovery import metrics
from ops.recovery.metrics import Sample


def test_samples_of_one_name_stand_together_below_one_type_line() -> None:
    text = metrics.render(
        [Sample("sitewright_b", 2), Sample("sitewright_a", 1.5, {"x": "2"}), Sample("sitewright_b", 1)]
    )
    assert text.splitlines() == [
        "# TYPE sitewright_a gauge",
        'sitewright_a{x="2"} 1.5',
        "# TYPE sitewright_b gauge",
        "sitewright_b 2",
        "sitewright_b 1",
    ]


def test_quotes_backslashes_and_line_ends_of_a_label_are_escaped() -> None:
    assert 'x="a\\"b\\\\c\\nd"' in metrics.render([Sample("sitewright_a", 1, {"x": 'a"b\\c\nd'})])


def test_a_file_is_replaced_whole_and_may_be_read_by_the_exporter(tmp_path: Path) -> None:
    metrics.write(tmp_path, "backup", [Sample("sitewright_a", 1)])
    path = metrics.write(tmp_path, "backup", [Sample("sitewright_a", 2)])
    assert path.name == "sitewright-backup.prom"
    assert path.read_text().endswith("sitewright_a 2\n")
    assert path.stat().st_mode & 0o777 == 0o644
    assert [item.name for item in tmp_path.iterdir()] == [path.name]
