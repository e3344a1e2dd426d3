"""The command `sitewright-recovery` of the drill host, run by timers and, through ssh, by the operator.

It runs under Debian's own Python with Debian's libraries, so it uses the standard library's parser.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ops.cli import guard
from ops.report import json_document

Verb = Callable[[argparse.Namespace], Mapping[str, object] | None]


def say(line: str) -> None:
    """Write one line of progress to stderr."""
    sys.stderr.write(f"sitewright: {line}\n")


def main() -> None:
    """Run a verb and end the process with its exit code."""
    words = sys.argv[1:]
    sys.exit(guard.run(lambda: _run(words), words))


def _run(words: Sequence[str]) -> int:
    options = _parser().parse_args(words)
    result = options.verb(options)
    if result is None:
        return 0
    code = result.get("exit_code", 0)
    content = {name: value for name, value in result.items() if name != "exit_code"}
    if options.as_json:
        sys.stdout.write(json_document.render(content))
    else:
        sys.stdout.writelines(f"{name}: {value}\n" for name, value in content.items())
    return code if isinstance(code, int) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sitewright-recovery", description="Backups and drills of this site.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    _add(verbs, "deposit", _deposit, "take the operator's deposit from standard input")
    _add(verbs, "backup", _backup, "make a recovery point")
    _add(verbs, "sweep", _sweep, "read and check one part of the repository")
    verify = _add(verbs, "verify", _verify, "restore and compare a recovery point")
    _point(verify)
    verify.add_argument("--sha256", metavar="DIGEST", help="refuse a manifest with another SHA-256")
    _add(verbs, "export", _export, "write manifests and evidence as a tar archive to standard output")
    _add(verbs, "drills", _drills, "list the drills that this host runs")
    run = _point(_add(verbs, "drill", _drill, "run a drill, and sign what it saw"))
    run.add_argument("scenario", metavar="NAME", help="a drill of the list")
    _add(verbs, "drills-due", _drills_due, "run all drills of this host one after the other")
    _add(verbs, "evidence", _evidence, "sign the record of a drill on standard input, which the operator's machine ran")
    members = _add(verbs, "restore", _restore, "write members of a recovery point to an archive")
    members.add_argument("identifier", metavar="ID", help="a recovery point")
    members.add_argument("--member", dest="kinds", action="append", required=True, metavar="KIND")
    members.add_argument("--into", type=Path, required=True, metavar="FILE", help="the archive, for root alone")
    _add(verbs, "keys", _keys, "make the keys that are missing")
    declare = _add(verbs, "declare", _declare, "tell Prometheus what should happen how often")
    declare.add_argument("--backup-every", type=float, required=True, metavar="SECONDS")
    declare.add_argument("--sweep", required=True, metavar="CALENDAR")
    declare.add_argument("--sweep-parts", type=int, required=True, metavar="N")
    declare.add_argument("--drills-every", type=float, required=True, metavar="SECONDS")
    return parser


def _add(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], name: str, verb: Verb, text: str
) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=text, description=text)
    parser.set_defaults(verb=verb)
    parser.add_argument("--json", dest="as_json", action="store_true", help="print one JSON document, on failure too")
    parser.add_argument(
        "--wait", type=float, default=0.0, metavar="SECONDS", help="how long another run may go on before this fails"
    )
    parser.add_argument("--root", type=Path, help=argparse.SUPPRESS)
    return parser


def _point(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--point", metavar="ID", help="a recovery point; the newest one by default")
    return parser


def _deposit(options: argparse.Namespace) -> Mapping[str, object]:
    from ops.actions.drill_host import deposits, place

    return deposits.accept(place.home(options.root), sys.stdin.buffer, wait=options.wait)


def _backup(options: argparse.Namespace) -> Mapping[str, object]:
    from ops.actions.drill_host import backup, place

    return backup.backup(place.home(options.root), say, wait=options.wait)


def _sweep(options: argparse.Namespace) -> Mapping[str, object]:
    from ops.actions.drill_host import place, sweep

    return sweep.sweep(place.home(options.root), say, wait=options.wait)


def _verify(options: argparse.Namespace) -> Mapping[str, object]:
    from ops.actions.drill_host import place, verify

    return verify.verify(
        place.home(options.root), say, identifier=options.point, sha256=options.sha256, wait=options.wait
    )


def _export(options: argparse.Namespace) -> None:
    from ops.actions.drill_host import deposits, place

    deposits.export(place.home(options.root), sys.stdout.buffer)


def _drills(_options: argparse.Namespace) -> Mapping[str, object]:
    from ops.actions.drill_host import drills

    return drills.list_()


def _drill(options: argparse.Namespace) -> Mapping[str, object]:
    from ops.actions.drill_host import drills, place

    home = place.home(options.root)
    return drills.run(home, options.scenario, say, identifier=options.point, wait=options.wait)


def _drills_due(options: argparse.Namespace) -> Mapping[str, object]:
    from ops.actions.drill_host import drills, place

    return drills.run_all(place.home(options.root), say, wait=options.wait)


def _evidence(options: argparse.Namespace) -> Mapping[str, object]:
    from ops.actions.drill_host import drills, place

    return drills.accept(place.home(options.root), sys.stdin.buffer, wait=options.wait)


def _restore(options: argparse.Namespace) -> Mapping[str, object]:
    from ops.actions.drill_host import place, restores

    home = place.home(options.root)
    return restores.restore_members(home, options.identifier, options.kinds, options.into, say, wait=options.wait)


def _keys(options: argparse.Namespace) -> Mapping[str, object]:
    from ops.actions.drill_host import place

    return place.make_keys(place.home(options.root))


def _declare(options: argparse.Namespace) -> Mapping[str, object]:
    from ops.actions.drill_host import declare, place

    return declare.declare(
        place.home(options.root),
        backup_every=options.backup_every,
        sweep=options.sweep,
        sweep_parts=options.sweep_parts,
        drills_every=options.drills_every,
    )


if __name__ == "__main__":
    main()
