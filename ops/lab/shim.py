"""The lab shim: all that a system container needs beyond what a real machine has, in one place.

Values under /proc that the kubelet insists on, but that a container may not set, are covered by small files: reading
and writing them works and changes nothing on the host. What the roles set in net.* is the machine's own.
"""

from __future__ import annotations

from collections.abc import Mapping

UNIT = "sitewright-lab.service"

_SCRIPT = """\
#!/bin/sh
set -eu
mount --make-rshared /
findmnt --noheadings --list --types cgroup,cgroup2 --output TARGET | while read -r target; do
    mount --options remount,bind,rw "$target"
done
# a real machine has the directory from its kernel and the mount from systemd
if ! mountpoint --quiet /sys/fs/bpf; then
    mount --options remount,bind,rw /sys
    mkdir -p /sys/fs/bpf
    mount --types bpf bpf /sys/fs/bpf
    mount --options remount,bind,ro /sys
fi
cover() {
    mkdir -p "/run/sitewright-lab/${1%/*}"
    printf '%s\\n' "$2" > "/run/sitewright-lab/$1"
    mount --bind "/run/sitewright-lab/$1" "/proc/sys/$1"
}
# what the kubelet sets at its start (k8s.io/kubernetes pkg/kubelet/cm/container_manager_linux.go, setupKernelTunables)
cover vm/overcommit_memory 1
cover kernel/panic 10
cover kernel/panic_on_oops 1
"""

_SERVICE = """\
[Unit]
Description=Make a system container serve as a machine
DefaultDependencies=no
Before=sysinit.target systemd-sysctl.service systemd-journald.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/lib/sitewright-lab

[Install]
WantedBy=sysinit.target
"""


def files() -> Mapping[str, tuple[str, int]]:
    """Return path within the machine -> text and mode of each file of the shim."""
    return {
        "usr/local/lib/sitewright-lab": (_SCRIPT, 0o755),
        f"etc/systemd/system/{UNIT}": (_SERVICE, 0o644),
        # with no modules and no way to load one, the unit fails instead of having nothing to do
        "etc/systemd/system/systemd-modules-load.service.d/50-lab.conf": (
            "[Unit]\nConditionPathIsDirectory=/usr/lib/modules\n",
            0o644,
        ),
        "etc/systemd/journald.conf.d/50-lab.conf": ("[Journal]\nReadKMsg=no\n", 0o644),
        "etc/systemd/system.conf.d/50-lab.conf": ("[Manager]\nDefaultTimeoutStopSec=5s\n", 0o644),
    }
