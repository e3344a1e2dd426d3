"""Property values as Pulumi sends them over gRPC, and as plain Python with marks for what is secret or unknown.

The signatures are constants of Pulumi's wire format (sdk/proto and `pulumi.runtime.rpc`, v3.259.0);
tests/provider/test_wire.py compares them with those of the installed SDK.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any, TypeAlias, Union

from google.protobuf import struct_pb2

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the wire format's mark, not a password
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


class Mark(enum.Enum):
    """A value that is not there yet."""

    UNKNOWN = UNKNOWN_TEXT
    """Known only after a resource that it comes from was made; appears in previews."""


UNKNOWN = Mark.UNKNOWN


@dataclasses.dataclass(frozen=True)
class Secret:
    """A value that Pulumi encrypts in its state and hides in its display."""

    value: Value


Value: TypeAlias = Union[bool, int, float, str, "list[Value]", "dict[str, Value]", Secret, Mark, None]
Properties: TypeAlias = "dict[str, Value]"


def decode(struct: struct_pb2.Struct) -> Properties:
    """Given properties from the wire, return them as plain Python with Secret and UNKNOWN marks."""
    return {key: _decode(value) for key, value in struct.fields.items()}


def _decode(value: struct_pb2.Value) -> Value:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value == UNKNOWN_TEXT else str(value.string_value)
    if kind == "number_value":
        number = float(value.number_value)
        return int(number) if number.is_integer() else number
    if kind == "bool_value":
        return bool(value.bool_value)
    if kind == "list_value":
        return [_decode(item) for item in value.list_value.values]
    if kind == "struct_value":
        return _decode_struct(value.struct_value)
    return None


def _decode_struct(struct: struct_pb2.Struct) -> Value:
    signature = struct.fields.get(SIGNATURE)
    if signature is None:
        return decode(struct)
    if signature.string_value == SECRET:
        inner = _decode(struct.fields["value"])
        return inner if inner is UNKNOWN else Secret(inner)
    raise ValueError("assets, archives and resource references are no values of these providers")


def encode(properties: Mapping[str, Value]) -> struct_pb2.Struct:
    """Given plain Python with marks, return what goes over the wire."""
    return struct_pb2.Struct(fields={key: _encode(value) for key, value in properties.items()})


def _encode(value: Value) -> struct_pb2.Value:
    if value is None:
        return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
    if isinstance(value, Mark):
        return struct_pb2.Value(string_value=UNKNOWN_TEXT)
    if isinstance(value, Secret):
        marked: Properties = {SIGNATURE: SECRET, "value": value.value}
        return struct_pb2.Value(struct_value=encode(marked))
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, int | float):
        return struct_pb2.Value(number_value=value)
    if isinstance(value, str):
        return struct_pb2.Value(string_value=value)
    if isinstance(value, list):
        return struct_pb2.Value(list_value=struct_pb2.ListValue(values=[_encode(item) for item in value]))
    return struct_pb2.Value(struct_value=encode(value))


def reveal(value: Value) -> Any:
    """Return a value without its Secret marks; UNKNOWN stays, the rest is JSON."""
    if isinstance(value, Secret):
        return reveal(value.value)
    if isinstance(value, list):
        return [reveal(item) for item in value]
    if isinstance(value, dict):
        return {key: reveal(item) for key, item in value.items()}
    return value


def has_unknown(value: Value) -> bool:
    """Say whether anything in a value is not known yet."""
    if isinstance(value, Secret):
        return has_unknown(value.value)
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    return value is UNKNOWN


def conceal_fields_like(properties: Properties, pattern: Properties) -> Properties:
    """Return properties in which every place that is secret in the pattern is secret too."""
    return {key: _conceal_like(item, pattern.get(key)) for key, item in properties.items()}


def _conceal_like(value: Value, pattern: Value) -> Value:
    if isinstance(pattern, Secret):
        return value if isinstance(value, Secret) else Secret(value)
    if isinstance(value, dict) and isinstance(pattern, dict):
        return conceal_fields_like(value, pattern)
    if isinstance(value, list) and isinstance(pattern, list):
        return _conceal_list(value, pattern)
    return value


def _conceal_list(values: list[Value], patterns: list[Value]) -> Value:
    """Mark list items; a list that no longer lines up with its pattern becomes secret as a whole."""
    if len(values) == len(patterns):
        return [_conceal_like(value, pattern) for value, pattern in zip(values, patterns, strict=True)]
    return Secret(values) if any(_has_secret(pattern) for pattern in patterns) else values


def _has_secret(value: Value) -> bool:
    if isinstance(value, list):
        return any(_has_secret(item) for item in value)
    if isinstance(value, dict):
        return any(_has_secret(item) for item in value.values())
    return isinstance(value, Secret)
