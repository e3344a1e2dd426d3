"""Recovery points and evidence as tables and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ops.actions.backup import BackedUp
from ops.actions.recovery_point import Listed
from ops.report import failure, json_document, table

if TYPE_CHECKING:
    from ops.recovery.catalogue import Entry
    from ops.recovery.evidence import Verified
    from ops.recovery.point import RecoveryPoint

_MEBIBYTE = 2**20
_LEFT_OUT = frozenset({"schema_version", "ok", "errors", "exit_code", "manifest"})
"""Keys of the drill host's document that are its own."""


def backup_text(made: BackedUp) -> str:
    """Return a new recovery point for people."""
    rows = [(kind, str(item["files"]), _size(int(item["bytes"]))) for kind, item in made.details["members"].items()]
    text = f"recovery point {made.identifier}, {made.details['seconds']:.0f} s, "
    text += f"skew {made.details['skew_s']:.1f} s\n\n{table.render(rows, ('member', 'files', 'size'))}\n"
    text += "".join(f"note: {note}\n" for note in made.details["notes"])
    return text + f"manifest: {made.manifest}\n"


def backup_json(made: BackedUp) -> str:
    """Return a new recovery point as a JSON document."""
    return json_document.render(_own(made.details) | {"site": made.site.name, "manifest": made.manifest})


def list_text(listed: Listed) -> str:
    """Return the recovery points for people."""
    rows = [_row(entry.point) for entry in listed.catalogue.entries]
    return table.render(rows, ("recovery point", "size", "skew", "etcd revision", "golden answers", "commit"))


def list_json(listed: Listed) -> str:
    """Return the recovery points as a JSON document."""
    entries = [
        {"sha256": entry.sha256, "file": str(entry.path), **_about(entry.point)} for entry in listed.catalogue.entries
    ]
    refused = [found for error in listed.catalogue.refused for found in failure.entries(error)]
    content = {"site": listed.site.name, "recovery_points": entries, "notes": list(listed.notes)}
    return json_document.render(content, refused)


def show_text(entry: Entry) -> str:
    """Return one recovery point for people."""
    point = entry.point
    rows = [
        (member.kind, str(len(member.files)), _size(member.size), f"{member.taken:%H:%M:%S}", member.snapshot[:8])
        for member in point.members
    ]
    lines = [
        f"recovery point {point.id} of site {point.site}",
        f"made {point.started:%Y-%m-%d %H:%M:%S} UTC, skew {point.skew_s:.1f} s, commit {point.commit}",
        f"repository {point.repository[:8]}, manifest {entry.sha256}",
        "",
        table.render(rows, ("member", "files", "size", "taken", "snapshot")),
    ]
    lines += [
        f"{item.model}: {len(item.questions)} golden answers from {item.runs} runs on {item.envelope.machine}"
        for item in point.golden
    ]
    return "\n".join(lines) + "\n"


def show_json(entry: Entry) -> str:
    """Return one recovery point as a JSON document."""
    return json_document.render(
        {"sha256": entry.sha256, "file": str(entry.path), "recovery_point": entry.point.value()}
    )


def verified_text(result: Mapping[str, Any]) -> str:
    """Return what came back of a recovery point for people."""
    rows = [
        (kind, str(item["files"]), _size(int(item["bytes"])), f"{item['restore_s']:.1f} s", f"{item['hash_s']:.1f} s")
        for kind, item in result["members"].items()
    ]
    head = f"recovery point {result['recovery_point']}: every file came back as it was signed\n\n"
    return head + table.render(rows, ("member", "files", "size", "restored in", "hashed in"))


def verified_json(result: Mapping[str, Any]) -> str:
    """Return what came back of a recovery point as a JSON document."""
    return json_document.render(_own(result))


def evidence_text(verified: Verified) -> str:
    """Return what verified evidence is, for people."""
    lines = [f"as it was signed on {verified.signed:%Y-%m-%d %H:%M:%S} UTC for site {verified.site}"]
    if verified.evidence is not None:
        record = verified.evidence.record
        lines.append(f"record {verified.evidence.sequence}: {record.scenario}, verdict {record.verdict}")
    lines.append(f"the file that it follows on lies beside it: {'yes' if verified.linked else 'no'}")
    return "\n".join(lines) + "\n"


def evidence_json(verified: Verified) -> str:
    """Return what verified evidence is as a JSON document."""
    evidence = verified.evidence
    return json_document.render(
        {
            "file": str(verified.path),
            "sha256": verified.sha256,
            "site": verified.site,
            "signed": verified.signed.isoformat(),
            "linked": verified.linked,
            "sequence": evidence.sequence if evidence else None,
            "scenario": evidence.record.scenario if evidence else None,
            "verdict": evidence.record.verdict if evidence else None,
        }
    )


def _own(details: Mapping[str, Any]) -> dict[str, object]:
    return {name: value for name, value in details.items() if name not in _LEFT_OUT}


def _about(point: RecoveryPoint) -> dict[str, object]:
    return {
        "id": point.id,
        "started": point.started.isoformat(),
        "skew_s": point.skew_s,
        "bytes": sum(member.size for member in point.members),
        "members": [member.kind.value for member in point.members],
        "golden": len(point.golden),
        "commit": point.commit,
    }


def _row(point: RecoveryPoint) -> tuple[str, ...]:
    revision = next((member.etcd.revision for member in point.members if member.etcd is not None), 0)
    size = _size(sum(member.size for member in point.members))
    golden = sum(len(item.questions) for item in point.golden)
    return (point.id, size, f"{point.skew_s:.1f} s", str(revision), str(golden), point.commit[:12])


def _size(count: int) -> str:
    return f"{count / _MEBIBYTE:.1f} MiB"
