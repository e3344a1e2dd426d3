"""The root file system of one machine: cloned from a base, made its own, and only then given its name."""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path

from ops import errors
from ops.adapters import process
from ops.lab import names, processes, shim, spec

_CLONE_SECONDS = 300.0
_KEY_SECONDS = 30.0
_USER_ID = 1000
_SUPERVISOR_STATE = Path("/run/systemd/nspawn")


def make(wanted: spec.MachineSpec, base: Path, places: spec.Places) -> None:
    """Clone the base and make it the wanted machine's, in a draft that is renamed when whole."""
    discard(places.draft)
    places.draft.mkdir()
    _clone(base, places.draft)
    _check_release(wanted, base, places.draft)
    _write_host_key(places)
    for path, (text, mode) in {**shim.files(), **_own_files(wanted)}.items():
        write(places.draft, path, text, mode)
    _link(places.draft / f"etc/systemd/system/sysinit.target.wants/{shim.UNIT}", f"/etc/systemd/system/{shim.UNIT}")
    _install_host_key(places)
    _add_user(wanted, places.draft)
    places.draft.rename(places.root)


def discard(draft: Path) -> None:
    """Remove a draft, after ending what a killed run left at work in it."""
    processes.kill(processes.at_work_in(draft))
    remove_tree(draft)


def write(root: Path, path: str, text: str, mode: int = 0o644) -> None:
    """Write a file under a root that nothing runs in yet; a link in its place is replaced, not followed."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    file.write_text(text)
    file.chmod(mode)


def remove_tree(path: Path) -> None:
    """Remove a directory and all below it; one that is not there is no error."""
    if path.exists():
        shutil.rmtree(path)


def _clone(base: Path, target: Path) -> None:
    """Fill a directory from an archive or another directory, on file systems that can by sharing blocks."""
    if base.is_dir():
        argv = ["cp", "--archive", "--reflink=auto", f"{base}/.", str(target)]
    elif base.is_file():
        argv = ["tar", "--extract", "--numeric-owner", "--xattrs", f"--file={base}", f"--directory={target}"]
    else:
        raise errors.NotFoundError(
            "there is no base root file system for lab machines", where=str(base), mend="run: sitewright bundle build"
        )
    try:
        process.run(argv, timeout=_CLONE_SECONDS, directory=target)
    except process.ProcessError as error:
        if "No space left on device" not in error.completed.stderr:
            raise
        raise errors.DiskFullError(
            "no space left for a machine's root file system", where=str(target), mend="free 1 GiB and run it again"
        ) from error


def _check_release(wanted: spec.MachineSpec, base: Path, root: Path) -> None:
    """Raise IntegrityError unless the base is the Debian that the machine is to have."""
    release = (root / "usr/lib/os-release").read_text()
    if f"VERSION_CODENAME={wanted.debian}\n" not in release:
        raise errors.IntegrityError(
            f"the base of {wanted.name} is not Debian {wanted.debian}",
            where=str(base),
            mend="remove that artifact from the cache and run: sitewright bundle build",
        )


def _own_files(wanted: spec.MachineSpec) -> dict[str, tuple[str, int]]:
    """Return path -> text and mode of the files that tell this machine from its siblings."""
    user = spec.USER
    hosts = f"127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n{wanted.address} {wanted.name}\n"
    return {
        "etc/hostname": (f"{wanted.name}\n", 0o644),
        "etc/hosts": (hosts, 0o644),
        "etc/machine-id": (f"{uuid.uuid4().hex}\n", 0o444),
        "etc/resolv.conf": ("# no name server: a lab has no way out\n", 0o644),
        f"etc/sudoers.d/10-{user}": (f"{user} ALL=(ALL:ALL) NOPASSWD: ALL\n", 0o440),
    }


def _link(path: Path, target: str) -> None:
    """Make a symbolic link and its directory."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def _write_host_key(places: spec.Places) -> None:
    """Make the machine's ssh host key, unless it has one: a machine made anew keeps the key that clients pinned."""
    public = places.host_key.with_suffix(".pub")
    if public.exists():
        return
    draft = places.host_key.with_name("host_key_draft")
    for file in (draft, draft.with_suffix(".pub")):
        file.unlink(missing_ok=True)
    argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", places.directory.name, "-f", str(draft)]
    process.run(argv, timeout=_KEY_SECONDS)
    draft.rename(places.host_key)
    draft.with_suffix(".pub").rename(public)


def _install_host_key(places: spec.Places) -> None:
    """Give the clone its own host key in place of the base's, which all clones would share."""
    for inherited in (places.draft / "etc/ssh").glob("ssh_host_*"):
        inherited.unlink()
    private, public = places.host_key, places.host_key.with_suffix(".pub")
    write(places.draft, "etc/ssh/ssh_host_ed25519_key", private.read_text(), 0o600)
    write(places.draft, "etc/ssh/ssh_host_ed25519_key.pub", public.read_text())


def _add_user(wanted: spec.MachineSpec, root: Path) -> None:
    """Add the operator's account with a key and no password (`*`: shadow(5))."""
    user, number = spec.USER, _USER_ID
    home = root / "home" / user
    for table, line in {
        "etc/passwd": f"{user}:x:{number}:{number}:operator:/home/{user}:/bin/bash",
        "etc/shadow": f"{user}:*:20000::::::",
        "etc/group": f"{user}:x:{number}:",
        "etc/gshadow": f"{user}:!::",
    }.items():
        with (root / table).open("a") as file:
            file.write(f"{line}\n")
    write(home, ".ssh/authorized_keys", f"{wanted.authorized_key.strip()}\n", 0o600)
    for path in (home, home / ".ssh", home / ".ssh/authorized_keys"):
        os.chown(path, number, number)
    (home / ".ssh").chmod(0o700)


def forget(lab: str, node: str, places: spec.Places) -> None:
    """Remove what systemd-nspawn leaves in /run and beside the root for a machine that has ended."""
    name = names.namespace(lab, node)
    for directory in ("propagate", "unix-export"):
        remove_tree(_SUPERVISOR_STATE / directory / name)
    if places.root.is_dir():
        status = places.root.stat()
        (_SUPERVISOR_STATE / "locks" / f"inode-{status.st_dev}:{status.st_ino}").unlink(missing_ok=True)
    places.root.with_name(f".#{places.root.name}.lck").unlink(missing_ok=True)
