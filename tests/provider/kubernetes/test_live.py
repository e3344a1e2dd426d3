from __future__ import annotations

import base64

from ops.provider.kubernetes import live
from ops.provider.wire import Properties, Secret

METADATA = {"name": "a", "namespace": "b", "uid": "u", "resourceVersion": "7", "managedFields": [{"manager": "x"}]}


def test_what_a_secret_holds_is_secret_even_where_the_program_forgot() -> None:
    inputs: Properties = {"kind": "Secret", "stringData": {"k": "planted"}, "metadata": {"name": "a"}}
    assert live.conceal(inputs)["stringData"] == Secret({"k": "planted"})


def test_outputs_leave_out_managed_fields_and_keep_secrets_secret() -> None:
    found = {"kind": "Secret", "data": {"k": "cGxhbnRlZA=="}, "metadata": METADATA}
    outputs = live.outputs(found, {"kind": "Secret", "stringData": Secret({"k": "planted"})})
    assert outputs["data"] == Secret({"k": "cGxhbnRlZA=="})
    assert "managedFields" not in outputs["metadata"]  # type: ignore[operator] # it is a mapping


def test_outputs_are_secret_where_the_program_marked_the_inputs() -> None:
    found = {"kind": "ConfigMap", "data": {"open": "1", "key": "planted"}, "metadata": METADATA}
    inputs: Properties = {"kind": "ConfigMap", "data": {"open": "1", "key": Secret("planted")}}
    assert live.outputs(found, inputs)["data"] == {"open": "1", "key": Secret("planted")}


def test_an_import_takes_what_a_person_would_have_written() -> None:
    found = {"kind": "ConfigMap", "apiVersion": "v1", "data": {"a": "1"}, "status": {"x": 1}, "metadata": METADATA}
    assert live.as_inputs(found) == {
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "data": {"a": "1"},
        "metadata": {"name": "a", "namespace": "b"},
    }


def test_a_refresh_sees_drift_and_none_of_the_servers_defaults() -> None:
    recorded: Properties = {"kind": "Service", "spec": {"ports": [{"port": 80}], "type": "NodePort"}}
    found = {
        "kind": "Service",
        "spec": {"ports": [{"port": 81, "protocol": "TCP"}], "type": "NodePort", "clusterIP": "198.19.0.1"},
        "metadata": METADATA,
    }
    assert live.refreshed(found, recorded)["spec"] == {"ports": [{"port": 81}], "type": "NodePort"}


def test_a_refresh_finds_string_data_where_the_server_keeps_it() -> None:
    recorded: Properties = {"kind": "Secret", "stringData": Secret({"k": "planted", "gone": "x"})}
    found = {"kind": "Secret", "data": {"k": base64.b64encode(b"changed").decode()}, "metadata": METADATA}
    assert live.refreshed(found, recorded)["stringData"] == Secret({"k": "changed"})
