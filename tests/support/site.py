"""A lab site of the tests: the same file as the operator's lab, under a name of its own."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
import yaml

from ops import spec
from ops.adapters import process
from ops.spec import locate, model, places

SITEWRIGHT = places.PROJECT_ROOT / ".venv" / "bin" / "sitewright"
UP_SECONDS = 1200.0
SEED = int(os.environ.get("SEED", "20261124"))
"""Where the moments of kills come from."""
_TOLD_LINES = 12


@dataclasses.dataclass(frozen=True)
class TestSite:
    """One site and the environment that `sitewright env` prints for it."""

    __test__ = False

    path: Path
    site: model.Site

    @property
    def state(self) -> Path:
        """The site's state directory."""
        return places.state_directory(self.site.name)

    def environment(self) -> dict[str, str]:
        """Return the environment of a shell that has evaluated `sitewright env`."""
        lines = process.run([SITEWRIGHT, "env", self.path], timeout=60).stdout.splitlines()
        exported = dict(shlex.split(line.removeprefix("export "))[0].split("=", 1) for line in lines)
        return {**os.environ, **exported}

    @contextlib.contextmanager
    def client(self) -> Iterator[openai.OpenAI]:
        """Yield the unmodified client, with nothing but what `sitewright env` exports."""
        exported = self.environment()
        with pytest.MonkeyPatch.context() as patch:
            for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "SSL_CERT_FILE"):
                patch.setenv(name, exported[name])
            yield openai.OpenAI(timeout=120, max_retries=0)

    def up(self) -> process.Completed:
        """Run `sitewright site up` to its end."""
        return process.run([SITEWRIGHT, "site", "up", self.path], timeout=UP_SECONDS)

    def destroy(self) -> None:
        """Remove the site wholly; one that is not there is no error."""
        process.run([SITEWRIGHT, "site", "destroy", self.path, "--yes"], timeout=300)

    def up_killed_after(self, seconds: float) -> str:
        """Start `sitewright site up`, kill it without warning after so long, and return the last line it had said.

        The line is empty where it ended before; it then must have ended well.
        """
        with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
            with subprocess.Popen([SITEWRIGHT, "site", "up", self.path], stdout=said, stderr=said) as running:
                time.sleep(seconds)
                ended = running.poll() is not None
                if not ended:
                    running.send_signal(signal.SIGKILL)
            said.seek(0)
            lines = [line for line in said.read().splitlines() if line.strip()]
        assert not ended or running.returncode == 0, "\n".join(lines[-_TOLD_LINES:])
        return "" if ended else lines[-1]

    def ssh(self, node: str, *command: str, timeout: float = 120) -> process.Completed:
        """Run a command as root on a node; any exit code is returned."""
        argv: list[str | Path] = [SITEWRIGHT, "ssh", "--site", self.path, node, "--", *command]
        return process.run(argv, timeout=timeout, expect=range(256))

    def kubectl(self, *words: str, timeout: float = 120, expect: tuple[int, ...] = (0,)) -> str:
        """Run kubectl as the operator and return its output."""
        return process.run(["kubectl", *words], timeout=timeout, environment=self.environment(), expect=expect).stdout

    def pulumi(self, *words: str, timeout: float = 900, expect: tuple[int, ...] = (0,)) -> str:
        """Run plain pulumi in the checkout and return its output."""
        return process.run(
            ["pulumi", "--non-interactive", *words],
            timeout=timeout,
            environment=self.environment(),
            expect=expect,
            directory=places.PROJECT_ROOT,
        ).stdout

    def playbook(self, *words: str, timeout: float = 900, expect: tuple[int, ...] = (0,)) -> dict[str, object]:
        """Run playbooks/site.yml as it stands and return the JSON of its tasks and recap."""
        environment = {**self.environment(), "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json", "ANSIBLE_NOCOLOR": "1"}
        text = process.run(
            [places.PROJECT_ROOT / ".venv/bin/ansible-playbook", "-i", self.path, "playbooks/site.yml", *words],
            timeout=timeout,
            environment=environment,
            expect=expect,
            directory=places.PROJECT_ROOT,
        ).stdout
        result: dict[str, object] = json.loads(text[text.index("{") :])
        return result

    def recovery_points(self) -> list[str]:
        """Return the ids of the recovery points, oldest first."""
        said = process.run([SITEWRIGHT, "recovery-point", "list", self.path, "--json"], timeout=120).stdout
        return [entry["id"] for entry in json.loads(said)["recovery_points"]]

    def back_up(self) -> None:
        """Make a recovery point, after any backup that a timer has begun."""
        process.run([SITEWRIGHT, "backup", self.path, "--wait=120"], timeout=600)

    def runs(self) -> set[str]:
        """Return the names of the records of Ansible runs that Pulumi has made."""
        directory = self.state / "runs"
        return {path.name for path in directory.iterdir()} if directory.exists() else set()

    def logins(self, node: str) -> int:
        """Return how many ssh logins a node's sshd has accepted since it was made."""
        read = "journalctl --sync && journalctl --no-pager -o cat -g 'Accepted publickey'"
        text = self.ssh(node, "sh", "-c", read).stdout
        # sudo logs the words of this very look
        return len([line for line in text.splitlines() if line.startswith("Accepted publickey")])


def derive(
    directory: Path,
    source: str,
    name: str,
    nodes: list[dict[str, object]] | None = None,
    replicas: int | None = None,
    models: list[dict[str, object]] | None = None,
) -> TestSite:
    """Write a spec like that of an inventory, under another name, with more nodes and models, and so many replicas."""
    content = yaml.safe_load(locate.resolve(source).read_text(encoding="utf-8"))
    content["name"] = name
    content["nodes"] += nodes or []
    content["models"] += models or []
    if replicas is not None:
        content["models"][0]["replicas"] = replicas
    path = directory / "site.yml"
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return TestSite(path, spec.load(path))


def spec_directory(factory: pytest.TempPathFactory, name: str) -> Path:
    """Return where a site's spec lies: the same place for each run with KEEP=1, so that the site is found again."""
    if not os.environ.get("KEEP"):
        return factory.mktemp("site")
    directory = Path(f"/var/tmp/sitewright-{name}")  # noqa: S108 - a fixed place is the point
    directory.mkdir(exist_ok=True)
    return directory


@contextlib.contextmanager
def standing(made: TestSite) -> Iterator[TestSite]:
    """Make a site where nothing of it is left from before, give it, and remove it wholly."""
    made.destroy()
    try:
        made.up()
        yield made
    finally:
        made.destroy()
