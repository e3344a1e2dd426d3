"""A Pulumi project of a test's own, driven by the real command line with a backend of files."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ops.spec import places
from tests.support import programs

PLUGINS = places.PROJECT_ROOT / "plugins" / "pulumi" / "bin"
LIMIT = 180


@dataclasses.dataclass(frozen=True)
class Project:
    """One checkout of a project, and the environment that its stack needs."""

    directory: Path
    environment: dict[str, str]
    stack: str = "test"

    def start(self, *words: str, **variables: str) -> subprocess.Popen[str]:
        """Start a command; it leads a process group of its own."""
        return subprocess.Popen(
            ["pulumi", "--non-interactive", "--color=never", *words],
            cwd=self.directory,
            env=self.environment | variables,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,
        )

    def run(self, *words: str, expect: int = 0, **variables: str) -> str:
        """Run a command, check its exit code and return what it printed."""
        with self.start(*words, **variables) as running:
            text, _ = running.communicate(timeout=LIMIT)
        assert running.returncode == expect, f"pulumi {' '.join(words)} ended with {running.returncode}:\n{text}"
        return text

    def up(self, *words: str, expect: int = 0, **variables: str) -> str:
        """Update the stack without a preview."""
        return self.run("up", "--yes", "--skip-preview", *words, expect=expect, **variables)

    def resources(self) -> dict[str, Any]:
        """Return the resources in the stack's state by their logical names."""
        state = json.loads(self.run("stack", "export"))
        return {item["urn"].rpartition("::")[2]: item for item in state["deployment"].get("resources", [])}

    def raw(self) -> bytes:
        """Return every byte that Pulumi has written beside the program: state and home."""
        roots = [Path(self.environment["PULUMI_HOME"]), self.directory.parent / "backend"]
        return b"".join(file.read_bytes() for root in roots for file in root.rglob("*") if file.is_file())


def make(directory: Path, program: str | Path, plugins: Mapping[str, Path] | None = None) -> Project:
    """Make a project whose program is a text, or a directory that is linked, with an empty stack."""
    checkout = write_checkout(directory / "checkout", program, plugins or {})
    project = Project(checkout, environment(directory))
    (directory / "backend").mkdir()
    project.run("stack", "init", project.stack)
    return project


def write_checkout(checkout: Path, program: str | Path, plugins: Mapping[str, Path]) -> Path:
    """Write a project's files; `plugins` names other directories for some of the providers."""
    checkout.mkdir(parents=True)
    if isinstance(program, Path):
        (checkout / "stacks").symlink_to(program)
    else:
        (checkout / "stacks").mkdir()
        (checkout / "stacks" / "__main__.py").write_text(program)
    providers = {"kubernetes": PLUGINS, "sitewright": PLUGINS, **plugins}
    content = {
        "name": "trial",
        "runtime": "python",
        "main": "stacks",
        "plugins": {
            "languages": [{"name": "python", "path": str(PLUGINS)}],
            "providers": [{"name": name, "path": str(path)} for name, path in providers.items()],
        },
    }
    (checkout / "Pulumi.yaml").write_text(yaml.safe_dump(content))
    return checkout


def environment(directory: Path) -> dict[str, str]:
    """Return what `sitewright env` would export, with everything under one directory."""
    passphrase = directory / "passphrase"
    passphrase.write_text("correct horse battery staple\n")
    passphrase.chmod(0o600)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PULUMI_", "SITEWRIGHT_"))}
    return kept | {
        "PATH": f"{programs.directory('bin-pulumi')}{os.pathsep}{os.environ['PATH']}",
        "PULUMI_BACKEND_URL": f"file://{directory / 'backend'}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase),
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true",
        "PULUMI_HOME": str(directory / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_STACK": "test",
    }
