"""The control plane comes back beside the real one: etcd and API server from the backup, on the drill host.

Safe on a running site: everything listens on loopback, acts on nothing and is wiped.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path

from ops import errors
from ops.adapters.kubernetes_objects import ApiServer
from ops.plan import recovery
from ops.recovery import damage, home, restore, scratch_cluster
from ops.recovery.drill import Recorder
from ops.recovery.point import EtcdState, Kind
from ops.recovery.scratch_cluster import Programs, Restored
from ops.recovery.setting import Scenario, Setting
from ops.recovery.timeline import Moment

RESTORE_SECONDS = 3600.0
_KINDS = (Kind.ETCD, Kind.PKI, Kind.GATEWAY_KEYS)
_SCRATCH = "drill-control-plane"
_GATEWAY = "/api/v1/namespaces/models/secrets/gateway"
_AUTHORITY = "/api/v1/namespaces/kube-system/configmaps/kube-root-ca.crt"


def bind(setting: Setting) -> Callable[[Recorder], None]:
    """Return the drill for a site and one of its recovery points."""
    return functools.partial(_perform, setting)


SCENARIO = Scenario(
    "control-plane-restore",
    "The control plane is lost: its keys and its objects come back from the backup",
    True,
    bind,
)


def _perform(setting: Setting, recorder: Recorder) -> None:
    point = setting.entry.point
    using = scratch_cluster.programs(setting.site.versions.kubernetes)
    recorder.environment |= {
        "drill_host": recovery.drill_host(setting.site).name,
        "kubernetes": setting.site.versions.kubernetes,
        "etcd": scratch_cluster.ETCD_VERSION,
    }
    recorder.fault = "the control plane was declared lost; the running one is not touched"
    recorder.mark(Moment.FAULT)
    recorder.use(point, setting.entry.sha256, _KINDS)
    restore.confirm_repository(setting.repository, point)
    recorder.mark(Moment.RESTORE_STARTED)
    with setting.home.scratch_directory(_SCRATCH) as place:
        _bring_back(setting, recorder, place, using)
    left = sorted(path.name for path in setting.home.scratch.glob(f"{_SCRATCH}*"))
    recorder.compare("left on the drill host", "nothing", ", ".join(left) or "nothing")


def _bring_back(setting: Setting, recorder: Recorder, place: Path, using: Programs) -> None:
    point = setting.entry.point
    for kind in _KINDS:
        setting.say(f"restoring {kind}")
        restore.restore(setting.repository, point.member(kind), place / kind, timeout=RESTORE_SECONDS)
    state = scratch_cluster.state_of(point.member(Kind.ETCD))
    seen = scratch_cluster.verify_snapshot(point.member(Kind.ETCD), place / Kind.ETCD, using)
    recorder.compare("revision and hash of the snapshot, as etcd reads it", f"{state.revision}, {state.hash}", seen)
    recorder.mark(Moment.DATA)
    restored = Restored(place / Kind.ETCD / "snapshot.db", place / Kind.PKI)
    setting.say("starting etcd and API server on loopback")
    with scratch_cluster.running(setting.site, restored, place, using) as server:
        scratch_cluster.settle(server, state)
        _compare_objects(recorder, server, state)
        _compare_members(recorder, server, place)
        recorder.mark(Moment.SERVING)
        setting.say("trying a damaged copy")
        recorder.expect_refusal(
            "one bit of the snapshot was flipped in a copy, and one object was deleted from the restored cluster",
            damage.each(
                functools.partial(_damaged_snapshot, setting, place, using),
                functools.partial(_damaged_cluster, server, state),
            ),
        )


def _compare_objects(recorder: Recorder, server: ApiServer, state: EtcdState) -> None:
    """Assert that every object is there, unchanged."""
    expected = f"{sum(state.objects.values())} objects of {len(state.objects)} kinds, {len(state.digests)} hashes"
    observed = expected
    try:
        scratch_cluster.verify_objects(server, state, state.revision)
    except errors.IntegrityError as error:
        observed = error.what
    recorder.compare("objects of the cluster, counted and hashed", expected, observed)


def _compare_members(recorder: Recorder, server: ApiServer, place: Path) -> None:
    """Assert that the parts of the recovery point are of one cluster and of one moment."""
    authority = server.get(_AUTHORITY)["data"]["ca.crt"]
    same = authority.strip() == (place / Kind.PKI / "ca.crt").read_text(encoding="utf-8").strip()
    recorder.compare("the CA that pods trust is the restored one", "yes", "yes" if same else "no")
    stored = json.loads(_secret(server.get(_GATEWAY), "keys.json"))
    recorded = json.loads((place / Kind.GATEWAY_KEYS / "hashes.json").read_text(encoding="utf-8"))
    recorder.compare("names of the API keys that the gateway takes", _names(recorded), _names(stored))
    recorder.compare("their hashes are the recorded ones", "yes", "yes" if stored == recorded else "no")


def _names(hashes: dict[str, str]) -> str:
    return ", ".join(sorted(hashes)) or "none"


def _secret(document: dict[str, dict[str, str]], key: str) -> str:
    return damage.decoded(document["data"][key])


def _damaged_snapshot(setting: Setting, place: Path, using: Programs) -> None:
    """Run the check of the snapshot on a damaged copy of it."""
    copy = place / "damaged"
    home.wipe(copy)
    damage.copy(place / Kind.ETCD, copy)
    damage.flip(copy / "snapshot.db")
    scratch_cluster.verify_snapshot(setting.entry.point.member(Kind.ETCD), copy, using)


def _damaged_cluster(server: ApiServer, state: EtcdState) -> None:
    """Run the check of the objects on a cluster that lacks one of them: of its resource alone, the rest lives on."""
    server.delete(_GATEWAY)
    now = int(server.get("/api/v1/namespaces/models/secrets?limit=1")["metadata"]["resourceVersion"])
    scratch_cluster.verify_objects(server, state, now, only="secrets")
