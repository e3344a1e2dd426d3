"""A private apt: another suite than the machine's own, an empty machine, the machine's mirror, signatures checked."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from ops import errors
from ops.bundle import program

_KEYRINGS = (
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
)
_HOST_CREDENTIALS = 'Dir::Etc::netrc "/etc/apt/auth.conf";\nDir::Etc::netrcparts "/etc/apt/auth.conf.d";\n'
_INSTALLATION = re.compile(r"^Inst (\S+) (?:\[\S+\] )?\((\S+) .*\[(\w+)\]\)", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Chosen:
    """One package that apt's resolver chose."""

    name: str
    version: str
    architecture: str

    @property
    def selector(self) -> str:
        """Return the name by which apt takes exactly this version."""
        return f"{self.name}={self.version}"

    @property
    def download_name(self) -> str:
        """Return the file name that `apt-get download` gives it: an epoch's colon is escaped."""
        return f"{self.name}_{self.version.replace(':', '%3a')}_{self.architecture}.deb"


class AptRoot:
    """apt over one Debian suite with its updates and security updates, as on a machine with no package at all."""

    def __init__(self, directory: Path, suite: str, runner: program.Runner) -> None:
        """Write the configuration. Raise PrerequisiteError when the machine's own apt names no Debian mirror."""
        self._directory = directory
        self._runner = runner
        for relative in ("state/lists/partial", "cache/archives/partial", "etc"):
            (directory / relative).mkdir(parents=True)
        (directory / "state" / "status").touch()
        (directory / "etc" / "sources.list").write_text(_sources(suite, mirrors(runner)))
        (directory / "apt.conf").write_text(self._configuration(runner.run(["apt-config", "dump", "Acquire"])))

    def update(self) -> None:
        """Fetch the package lists. Raise PrerequisiteError when the mirror does not answer."""
        try:
            self._run("apt-get", "update", "--error-on=any")
        except errors.DeployError as error:
            raise errors.PrerequisiteError(
                f"the Debian mirror gives no package lists: {error}",
                where=str(self._directory / "etc" / "sources.list"),
                mend="make 'apt-get update' work on this machine, then build again",
            ) from error

    def closure(self, packages: Sequence[str]) -> list[Chosen]:
        """Return everything that an empty machine must install for these packages (names or apt patterns)."""
        plan = self._run("apt-get", "install", "--simulate", "--no-install-recommends", *packages)
        return [Chosen(*found.groups()) for found in _INSTALLATION.finditer(plan)]

    def stanzas(self, packages: Iterable[Chosen]) -> list[str]:
        """Return the signed index's entry of each package, in the order of their names."""
        selectors = sorted({package.selector for package in packages})
        text = self._run("apt-cache", "show", "--no-all-versions", *selectors)
        return [stanza for stanza in text.split("\n\n") if stanza.strip()]

    def download(self, packages: Iterable[Chosen], directory: Path) -> None:
        """Fetch packages into a directory; apt checks each against the signed index, also one already there."""
        directory.mkdir(parents=True, exist_ok=True)
        selectors = sorted({package.selector for package in packages})
        self._run("apt-get", "download", *selectors, directory=directory)

    def _configuration(self, acquire: str) -> str:
        """Return apt's configuration: the host's way to its mirror, and nothing else of the host's."""
        root = self._directory
        return (
            f"{acquire}\n"
            f'Dir "{root}";\nDir::State "{root}/state";\nDir::State::status "{root}/state/status";\n'
            f'Dir::Cache "{root}/cache";\nDir::Etc "{root}/etc";\nDir::Etc::parts "{root}/etc/none";\n'
            f'Dir::Etc::sourcelist "{root}/etc/sources.list";\nDir::Etc::sourceparts "{root}/etc/none";\n'
            f"{_HOST_CREDENTIALS}"
            'APT::Architecture "amd64";\nAPT::Architectures { "amd64"; };\nAPT::Sandbox::User "root";\n'
            'Acquire::Languages "none";\nAcquire::Retries "3";\n'
        )

    def _run(self, command: str, *arguments: str, directory: Path | None = None) -> str:
        return self._runner.run(
            [command, *arguments],
            environment={"APT_CONFIG": str(self._directory / "apt.conf"), "LC_ALL": "C.UTF-8"},
            directory=directory,
        )


def mirrors(runner: program.Runner) -> dict[str, str]:
    """Return the base addresses of Debian's main and security archives that the machine itself uses."""
    codename = _codename()
    listing = runner.run(
        ["apt-get", "indextargets", "--no-release-info", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"]
    )
    found: dict[str, str] = {}
    for line in listing.splitlines():
        address, _, release = line.partition(" ")
        for kind, releases in {
            "main": (codename, "stable"),
            "security": (f"{codename}-security", "stable-security"),
        }.items():
            if release in releases:
                found.setdefault(kind, address.rstrip("/"))
    if "main" not in found:
        raise errors.PrerequisiteError(
            f"apt on this machine has no source for Debian {codename}",
            where="/etc/apt/sources.list.d",
            mend=f"add the suites {codename} and {codename}-security of a Debian mirror, then build again",
        )
    return found


def _sources(suite: str, mirrors: dict[str, str]) -> str:
    """Return a sources.list for a suite on the given mirrors, bound to Debian's own keys."""
    option = f"[signed-by={_keyring()}]"
    lines = [f"deb {option} {mirrors['main']} {release} main" for release in (suite, f"{suite}-updates")]
    if "security" in mirrors:
        lines.append(f"deb {option} {mirrors['security']} {suite}-security main")
    return "\n".join(lines) + "\n"


def _keyring() -> Path:
    """Return Debian's keyring. Raise PrerequisiteError when the machine has none."""
    for path in _KEYRINGS:
        if path.is_file():
            return path
    raise errors.PrerequisiteError(
        "this machine has no keyring of the Debian archive",
        where=str(_KEYRINGS[-1]),
        mend="apt-get install debian-archive-keyring",
    )


def _codename() -> str:
    """Return the codename of the machine's own Debian; empty when it says none."""
    for line in Path("/etc/os-release").read_text().splitlines():
        name, _, value = line.partition("=")
        if name == "VERSION_CODENAME":
            return value.strip('"')
    return ""
