"""The scalar types of the spec: sizes, names, addresses, ports. Each says in words what it allows."""

from __future__ import annotations

import contextlib
import ipaddress
import re
from typing import Annotated, Any

import pydantic

NAME = r"^[a-z][a-z0-9-]*[a-z0-9]$"
DOMAIN = r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"
USER = r"^[a-z_][a-z0-9_-]*$"
DIGEST = r"^sha256:[0-9a-f]{64}$"
IMAGE = r"^[a-z0-9][a-z0-9./_-]*@sha256:[0-9a-f]{64}$"
VERSION = r"^[0-9]+\.[0-9]+\.[0-9]+$"
WHEEL = r"^[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][A-Za-z0-9.+!]*$"
LICENCE = r"^[A-Za-z0-9][A-Za-z0-9.+-]*( (AND|OR|WITH) [A-Za-z0-9][A-Za-z0-9.+-]*)*$"
CALENDAR = r"^[A-Za-z0-9*,./:~-]+( [A-Za-z0-9*,./:~-]+){0,3}$"
TEXT = r"^[^\x00-\x1f\x7f]+$"
ABSOLUTE_PATH = r"^(/|~/)[^\x00-\x1f\x7f]+$"
RELATIVE_PATH = r"^[A-Za-z0-9_~/][^\x00-\x1f\x7f]*$"
WEB_ADDRESS = r"^https?://[^\x00-\x20\x7f@]+$"
BACKEND = r"^(file|s3|azblob|gs)://[^\x00-\x20\x7f]+$"
HOST_KEY = r"^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+={0,2}$"

DURATION = r"^([0-9]{1,9})(s|m|h|d|)$"
WORDS = {
    DURATION: "a time, such as `90s`, `10m`, `26h` or `30d`",
    NAME: "lower-case letters, digits and '-', with a letter first and no '-' at the end",
    DOMAIN: "a domain name in lower case, such as site.internal",
    USER: "a user name: lower-case letters, digits, '_' and '-'",
    DIGEST: "sha256: and 64 hexadecimal digits in lower case",
    IMAGE: "repository@sha256:<64 hexadecimal digits>, without a registry host",
    VERSION: "three numbers with dots between them and no 'v', such as 1.36.3",
    WHEEL: "name==version",
    LICENCE: "an SPDX identifier or expression, such as Apache-2.0",
    CALENDAR: "a calendar expression of systemd.time(7), such as '*-*-* 02:15:00' or 'Sat *-*-* 05:00:00'",
    TEXT: "one line of text",
    ABSOLUTE_PATH: "a path that begins with / or ~/",
    RELATIVE_PATH: "a path on one line",
    WEB_ADDRESS: "an http:// or https:// address without a login",
    BACKEND: "file://, s3://, azblob:// or gs:// and a place",
    HOST_KEY: "a public ssh host key as in its .pub file: 'ssh-ed25519 AAAA…', without a host name before it",
}
"""What each pattern allows, in words for a person."""

UNITS = {"": 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_SIZE = re.compile(r"([0-9]{1,18})(Ki|Mi|Gi|Ti|k|M|G|T|)", re.ASCII)
_LARGEST = 2**60
_DURATION = re.compile(DURATION, re.ASCII)
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_RANGE = re.compile(r"^[0-9.]+/[0-9]{1,2}$", re.ASCII)
_SIZE_WORDS = "a whole number of bytes with an optional suffix (k, M, G, T, Ki, Mi, Gi, Ti), such as 80Gi"


class ScalarError(ValueError):
    """A value is not what its type allows; the message says what is allowed, `mend` what to write instead."""

    def __init__(self, allowed: str, mend: str | None = None) -> None:
        super().__init__(allowed)
        self.mend = mend


def whole_number(value: object) -> int:
    """Given a whole number, return it. Raise ScalarError for `true`, 1.0 and '1', which compare or convert to 1."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ScalarError("a whole number")


def parse_bytes(value: object) -> int:
    """Given 1048576, '1Mi' or '1M' (Kubernetes quantity suffixes), return bytes. Raise ScalarError otherwise."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ScalarError(_SIZE_WORDS, _size_meant(str(value)))
    return int(match[1]) * UNITS[match[2]]


def _size_meant(text: str) -> str | None:
    """Given '98MB' or '80 gib', return how to write it; None where that is anybody's guess."""
    bare = text.replace(" ", "").lower().removesuffix("b")
    number = bare.rstrip("kmgti")
    for unit in UNITS:
        if unit and bare == number + unit.lower() and _SIZE.fullmatch(number + unit):
            return f"write {number}{unit}"
    return None


def parse_duration(value: object) -> int:
    """Given 600, '600s', '10m', '26h' or '30d', return seconds. Raise ScalarError otherwise."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ScalarError("a whole number of seconds with an optional suffix (s, m, h, d), such as 10m or 26h")
    return int(match[1]) * SECONDS[match[2]]


def parse_address(value: object) -> ipaddress.IPv4Address:
    """Given '192.0.2.1', return the address. Raise ScalarError for all else, IPv6 and plain numbers included."""
    if isinstance(value, ipaddress.IPv4Address):
        return value
    if isinstance(value, str):
        if ":" in value:
            raise ScalarError("an IPv4 address, such as 192.0.2.11; IPv6 is not supported")
        with contextlib.suppress(ValueError):
            return ipaddress.IPv4Address(value)
    raise ScalarError("an IPv4 address: four numbers from 0 to 255 without leading zeros, such as 192.0.2.11")


def parse_network(value: object) -> ipaddress.IPv4Network:
    """Given '192.0.2.0/24', return the network. Raise ScalarError for all else, set host bits included."""
    if isinstance(value, ipaddress.IPv4Network):
        return value
    words = "an IPv4 range with a prefix length from 1 to 32, such as 192.0.2.0/24"
    if not isinstance(value, str) or not _RANGE.fullmatch(value):
        raise ScalarError(words)
    try:
        interface = ipaddress.IPv4Interface(value)
    except ValueError:
        raise ScalarError(words) from None
    if interface.network.prefixlen == 0:
        raise ScalarError(words)
    if interface.ip != interface.network.network_address:
        raise ScalarError("a range that begins at its first address", f"write {interface.network}")
    return interface.network


def parse_host_key(value: object) -> object:
    """Given a line as in a .pub file, return type and key without the comment; anything else as it is."""
    if isinstance(value, str) and value.startswith(("ssh-", "ecdsa-")) and value.isprintable():
        return " ".join(value.split(" ")[:2])
    return value


_SIZE_SCHEMA: Any = Annotated[int, pydantic.Field(ge=1)] | Annotated[str, pydantic.Field(pattern=rf"^{_SIZE.pattern}$")]
_HOST_KEY_SCHEMA: Any = Annotated[str, pydantic.Field(pattern=HOST_KEY.removesuffix("$") + "( .*)?$")]
_ADDRESS_SCHEMA: Any = Annotated[str, pydantic.Field(json_schema_extra={"format": "ipv4"})]
_NETWORK_SCHEMA: Any = Annotated[str, pydantic.Field(pattern=_RANGE.pattern)]

Bytes = Annotated[
    int,
    pydantic.Field(ge=1, le=_LARGEST),
    pydantic.BeforeValidator(parse_bytes, json_schema_input_type=_SIZE_SCHEMA),
]
_DURATION_SCHEMA: Any = Annotated[int, pydantic.Field(ge=1)] | Annotated[str, pydantic.Field(pattern=DURATION)]
Duration = Annotated[
    int,
    pydantic.Field(ge=1, le=3660 * 86_400),
    pydantic.BeforeValidator(parse_duration, json_schema_input_type=_DURATION_SCHEMA),
]
Address = Annotated[
    ipaddress.IPv4Address, pydantic.BeforeValidator(parse_address, json_schema_input_type=_ADDRESS_SCHEMA)
]
Network = Annotated[
    ipaddress.IPv4Network, pydantic.BeforeValidator(parse_network, json_schema_input_type=_NETWORK_SCHEMA)
]
Name = Annotated[str, pydantic.Field(pattern=NAME, min_length=2, max_length=40)]
Domain = Annotated[str, pydantic.Field(pattern=DOMAIN, max_length=200)]
User = Annotated[str, pydantic.Field(pattern=USER, max_length=32)]
Digest = Annotated[str, pydantic.Field(pattern=DIGEST)]
Image = Annotated[str, pydantic.Field(pattern=IMAGE, max_length=400)]
Version = Annotated[str, pydantic.Field(pattern=VERSION, max_length=40)]
Wheel = Annotated[str, pydantic.Field(pattern=WHEEL, max_length=200)]
Licence = Annotated[str, pydantic.Field(pattern=LICENCE, max_length=200)]
Text = Annotated[str, pydantic.Field(pattern=TEXT, min_length=2, max_length=200)]
Calendar = Annotated[str, pydantic.Field(pattern=CALENDAR, max_length=100)]
AbsolutePath = Annotated[str, pydantic.Field(pattern=ABSOLUTE_PATH, max_length=1000)]
RelativePath = Annotated[str, pydantic.Field(pattern=RELATIVE_PATH, max_length=1000)]
WebAddress = Annotated[str, pydantic.Field(pattern=WEB_ADDRESS, max_length=1000)]
Backend = Annotated[str, pydantic.Field(pattern=BACKEND, max_length=1000)]
HostKey = Annotated[
    str,
    pydantic.Field(pattern=HOST_KEY, max_length=2000),
    pydantic.BeforeValidator(parse_host_key, json_schema_input_type=_HOST_KEY_SCHEMA),
]
Port = Annotated[int, pydantic.Field(strict=True, ge=1, le=65535)]
Count = Annotated[int, pydantic.Field(strict=True, ge=1, le=1_000_000)]
CountOrNone = Annotated[int, pydantic.Field(strict=True, ge=0, le=1_000_000)]
