"""One self-contained page of a site, and the same as a JSON document."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from pathlib import Path

import jinja2

from ops.actions.report import SiteReport
from ops.report import chart, failure, json_document

_TEMPLATES = Path(__file__).parent / "templates"
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_VERDICTS = {1.0: ("passed", "met"), 0.0: ("failed", "missed"), 2.0: ("void", "unknown")}


@dataclasses.dataclass(frozen=True)
class Fact:
    """One line about backups: what, how it is, and whether that is as it should be."""

    name: str
    text: str
    tone: str


def html(report: SiteReport) -> str:
    """Return the page. It loads nothing from anywhere."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"stamp": stamp, "ago": ago, "share": share, "span": span}
    return environment.get_template("site.html.j2").render(
        report=report,
        firing=[alert for alert in report.alerts if alert.state == "firing"],
        pending=[alert for alert in report.alerts if alert.state != "firing"],
        pictures=[chart.picture(item, report.start, report.end) for item in report.charts],
        backups=backups(report),
        verdicts=_VERDICTS,
        width=chart.WIDTH,
        height=chart.HEIGHT,
        left=chart.LEFT,
    )


def json_text(report: SiteReport) -> str:
    """Return everything on the page as a JSON document; what is wrong with the site is among its errors."""
    content = dataclasses.asdict(dataclasses.replace(report, status=dataclasses.replace(report.status, problems=())))
    del content["status"]["problems"]
    problems = [entry for problem in report.status.problems for entry in failure.entries(problem)]
    return json_document.render(content, problems)


def backups(report: SiteReport) -> Sequence[Fact]:
    """Return what is known of the backups."""
    known, now = report.recovery, report.end
    if "declared" not in known:
        return [Fact("Declaration", "the drill host says nothing of backups", "missed")]
    facts = [
        _age("Last recovery point", known.get("backup_last_success"), known.get("backup_expected_interval"), now),
        _age("All of it was read since", known.get("sweep_covered"), known.get("sweep_expected_interval"), now),
    ]
    if "skew" in known:
        facts.append(Fact("Time between its oldest and newest part", span(known["skew"]), ""))
    if "unknown_keys" in known:
        number = round(known["unknown_keys"])
        facts.append(Fact("Keys that nobody declared", str(number), "missed" if number else "met"))
    return facts


def _age(name: str, moment: float | None, interval: float | None, now: float) -> Fact:
    limit = "" if interval is None else f" (at most {span(interval)})"
    if moment is None:
        return Fact(name, f"never{limit}", "unknown")
    is_late = interval is not None and now - moment > interval
    return Fact(name, f"{ago(moment, now)}{limit}", "missed" if is_late else "met")


def stamp(moment: float) -> str:
    """Return a moment (Unix time) as '2026-11-24 06:23:49 UTC'."""
    return f"{datetime.datetime.fromtimestamp(moment, datetime.UTC):%Y-%m-%d %H:%M:%S} UTC"


def ago(moment: float, now: float) -> str:
    """Return how long before `now` a moment was: '3 h ago'."""
    return f"{span(max(0.0, now - moment))} ago"


def span(seconds: float) -> str:
    """Return a time in its largest two units: '2 d 3 h', '4 min', '12 s'."""
    for index, (size, unit) in enumerate(_UNITS[:-1]):
        if seconds >= size:
            text = f"{int(seconds // size)} {unit}"
            smaller = _UNITS[index + 1 : index + 2]
            rest = [f"{int(seconds % size // least)} {name}" for least, name in smaller if seconds % size >= least]
            return " ".join([text, *rest])
    return f"{seconds:.0f} s"


def share(value: float | None) -> str:
    """Return a share of one as per cent; a dash for nothing."""
    return "-" if value is None else f"{value * 100:.0f} %"
