"""The command `sitewright`: typer without logic. Results go to stdout, all else to stderr."""

from __future__ import annotations

import sys

import typer

from ops.cli import bundle, drill, guard, lab, recovery, report, site, verbs

_EXIT_CODES = """\b
Exit codes (docs/reference/exit-codes.md):
  0 done              6 not found         12 unreachable
  1 other failure     7 unexpected change 13 changed host key
  2 wrong spec/usage  8, 130 cancelled    14 disk full
  3 credential        9 timed out         15 port in use
  4 deployment        10 prerequisite     16 integrity
                      11 locked           17 maintenance budget
                                          70 defect in sitewright
"""

app = typer.Typer(
    name="sitewright",
    add_completion=False,
    epilog=_EXIT_CODES,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(verbs.verbs)
app.add_typer(bundle.verbs, name="bundle")
app.add_typer(site.verbs, name="site")
app.add_typer(lab.verbs, name="lab")
app.add_typer(recovery.verbs)
app.add_typer(report.verbs)
app.add_typer(recovery.points, name="recovery-point")
app.add_typer(recovery.proofs, name="evidence")
app.add_typer(drill.verbs, name="drill")


@app.callback(invoke_without_command=True)
def root(context: typer.Context) -> None:
    """Make, watch and keep a private-LLM site that one typed file describes.

    SITE is a directory of inventory/, or the path of a site.yml.
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run the command line and end the process with its exit code."""
    words = sys.argv[1:]
    sys.exit(guard.run(lambda: app(words, prog_name="sitewright", standalone_mode=False), words))
