from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime import proto
from pulumi.runtime.proto import status_pb2

from ops import errors
from ops.provider import difference, wire
from ops.provider.provider import Provider
from ops.provider.resource import Call, Live, PartialFailure, Resource
from ops.provider.wire import Properties, Secret
from tests.support import pulumi_engine

URN = "urn:pulumi:lab::sitewright::sitewright:stack:Hosts$test:one:Thing::thing"


class Thing:
    """A resource type that does what its inputs tell it."""

    def check(self, call: Call, old: Properties, new: Properties) -> Properties:
        return new | {"seen": call.name, "before": old}

    def diff(self, _call: Call, old: Live, new: Properties) -> difference.Difference:
        return difference.compare(old.inputs, new, lambda path: path == ("name",))

    def create(self, call: Call, inputs: Properties) -> Live:
        call.journal.status("at work")
        call.journal.warn("mind the gap")
        live = Live("id-1", inputs | {"made": not call.preview}, inputs)
        if inputs.get("fails") == "person":
            raise errors.DeployError("it broke", where="here", mend="mend it")
        if inputs.get("fails") == "half":
            raise PartialFailure(live, ["it is there and not ready"])
        if inputs.get("fails") == "defect":
            raise RuntimeError("a defect")
        return live

    def read(self, _call: Call, old: Live) -> Live | None:
        return None if old.identifier == "gone" else old

    def update(self, _call: Call, _old: Live, new: Properties) -> Properties:
        return new

    def delete(self, _call: Call, old: Live) -> None:
        if old.inputs.get("held"):
            raise errors.DeployError("it is held", where="here", mend="let it go")


class Things(Provider):
    def resource(self, token: str) -> Resource:
        return Thing() if token == "test:one:Thing" else super().resource(token)


@pytest.fixture
def served() -> Iterator[tuple[Any, pulumi_engine.Messages]]:
    with pulumi_engine.serving(Things()) as pair:
        yield pair


def failure(call: Any, request: Any) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        call(request)
    return caught.value


def create(**inputs: wire.Value) -> Any:
    return proto.CreateRequest(urn=URN, properties=wire.encode(inputs))


def test_the_handshake_says_that_secrets_are_understood(served: tuple[Any, Any]) -> None:
    client, _ = served
    assert client.Handshake(proto.ProviderHandshakeRequest(engine_address="127.0.0.1:1")).accept_secrets
    assert client.Configure(proto.ConfigureRequest()).supportsPreview


def test_check_gets_the_last_inputs_and_the_logical_name(served: tuple[Any, Any]) -> None:
    client, _ = served
    request = proto.CheckRequest(urn=URN, olds=wire.encode({"a": 1}), news=wire.encode({"a": 2}))
    assert wire.decode(client.Check(request).inputs) == {"a": 2, "seen": "thing", "before": {"a": 1}}


def test_diff_names_each_field_and_which_of_them_replace(served: tuple[Any, Any]) -> None:
    client, _ = served
    old = wire.encode({"name": "a", "spec": {"x": 1}})
    request = proto.DiffRequest(urn=URN, id="i", old_inputs=old, news=wire.encode({"name": "b", "spec": {"x": 2}}))
    answer = client.Diff(request)
    assert answer.changes == proto.DiffResponse.DIFF_SOME
    assert answer.replaces == ["name"]
    assert {path: item.kind for path, item in answer.detailedDiff.items()} == {
        "name": proto.PropertyDiff.UPDATE_REPLACE,
        "spec.x": proto.PropertyDiff.UPDATE,
    }


def test_diff_of_the_same_says_so(served: tuple[Any, Any]) -> None:
    client, _ = served
    same = wire.encode({"name": "a"})
    answer = client.Diff(proto.DiffRequest(urn=URN, id="i", old_inputs=same, news=same))
    assert answer.changes == proto.DiffResponse.DIFF_NONE


def test_secrets_stay_secret_from_inputs_to_outputs(served: tuple[Any, Any]) -> None:
    client, _ = served
    answer = client.Create(create(key=Secret("planted")))
    assert wire.decode(answer.properties) == {"key": Secret("planted"), "made": True}


def test_messages_reach_the_engine_as_status_and_warning(served: tuple[Any, pulumi_engine.Messages]) -> None:
    client, messages = served
    client.Create(create())
    assert messages.said == [("INFO", "at work", True), ("WARNING", "mind the gap", False)]


def test_an_error_for_people_arrives_in_three_lines_and_leaves_no_pending_operation(served: tuple[Any, Any]) -> None:
    client, _ = served
    error = failure(client.Create, create(fails="person"))
    assert error.details() == "[E-DEPLOY]: it broke\n  at here\n  mend: mend it"
    assert error.code() is grpc.StatusCode.FAILED_PRECONDITION


def test_a_resource_that_is_there_and_not_ready_travels_with_the_failure(served: tuple[Any, Any]) -> None:
    client, _ = served
    error = failure(client.Create, create(fails="half"))
    rich = status_pb2.Status.FromString(dict(error.trailing_metadata())["grpc-status-details-bin"])
    detail = proto.ErrorResourceInitFailed()
    assert rich.details[0].Unpack(detail)
    assert detail.id == "id-1"
    assert list(detail.reasons) == ["it is there and not ready"]
    assert wire.decode(detail.properties)["made"] is True


def test_a_defect_is_reported_as_one(served: tuple[Any, Any]) -> None:
    client, _ = served
    assert failure(client.Create, create(fails="defect")).code() is grpc.StatusCode.UNKNOWN


def test_a_resource_that_is_gone_has_no_identifier(served: tuple[Any, Any]) -> None:
    client, _ = served
    assert client.Read(proto.ReadRequest(urn=URN, id="gone")).id == ""
    assert client.Read(proto.ReadRequest(urn=URN, id="there")).id == "there"


def test_delete_gets_the_recorded_inputs(served: tuple[Any, Any]) -> None:
    client, _ = served
    client.Delete(proto.DeleteRequest(urn=URN, id="i"))
    held = proto.DeleteRequest(urn=URN, id="i", old_inputs=wire.encode({"held": True}))
    assert "it is held" in failure(client.Delete, held).details()


def test_an_unknown_type_and_a_function_are_refused_in_words(served: tuple[Any, Any]) -> None:
    client, _ = served
    other = proto.CreateRequest(urn="urn:pulumi:lab::p::test:one:Other::x")
    assert "no resource type test:one:Other" in failure(client.Create, other).details()
    assert "provider function" in failure(client.Invoke, proto.InvokeRequest(tok="test:one:get")).details()


def test_cancel_reaches_the_provider() -> None:
    provider = Things()
    with pulumi_engine.serving(provider) as (client, _):
        client.Cancel(empty_pb2.Empty())
    assert provider.cancelled.is_set()
