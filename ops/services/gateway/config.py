"""The gateway's configuration file: JSON, read once at the start."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from pathlib import Path


class ConfigError(ValueError):
    """A configuration or keys file cannot be used; the message lists every fault, one a line."""


@dataclasses.dataclass(frozen=True)
class Model:
    """One model that clients can name."""

    name: str
    url: str
    """Base URL of the Triton that serves it."""
    context_tokens: int
    """Tokens of prompt and answer together."""
    max_output_tokens: int
    """Tokens that one answer may have."""
    created: int
    """Unix time that /v1/models shows."""
    replicas: int = 1
    """Copies that the site declares; a metric repeats it, so that missing ones are seen."""


@dataclasses.dataclass(frozen=True)
class Config:
    """Everything that one gateway process needs to know, except the keys."""

    keys_file: Path
    models: Mapping[str, Model]
    host: str
    api_port: int
    operations_port: int
    max_body_bytes: int
    max_in_flight: int
    """Requests that this process holds at once."""
    max_in_flight_per_key: int
    request_timeout_seconds: float
    """Seconds that one request may take from its first byte to its last."""
    stall_timeout_seconds: float
    """Seconds without a sign of life from the model after which a request is given up."""
    longest_retry_pause_seconds: float
    """Seconds before the last further try of a request whose Triton failed; those before it are shorter."""
    readiness_interval_seconds: float
    """Seconds between two questions to a model that has no traffic."""
    drain_seconds: float
    """Seconds between the stop signal and the end of listening, in which load balancers look away."""
    grace_seconds: float
    """Seconds that the requests in flight get after that."""


def load(path: Path) -> Config:
    """Given the path of the file, return the configuration. Raise ConfigError with all faults at once."""
    root = Reader.of_file(path)
    keys_file = root.text("keys_file")
    request_timeout_seconds = root.number("request_timeout_seconds", 300.0)
    models = [_model(name, entry) for name, entry in root.objects("models").items()]
    config = Config(
        keys_file=path.parent / keys_file,
        models={model.name: model for model in models},
        host=root.text("host", "0.0.0.0"),  # noqa: S104  a pod's own address is not known beforehand
        api_port=root.whole("api_port", 8080, low=0, high=65535),
        operations_port=root.whole("operations_port", 9090, low=0, high=65535),
        max_body_bytes=root.whole("max_body_bytes", 2**20),
        max_in_flight=root.whole("max_in_flight", 64),
        max_in_flight_per_key=root.whole("max_in_flight_per_key", 32),
        request_timeout_seconds=request_timeout_seconds,
        stall_timeout_seconds=root.number("stall_timeout_seconds", 60.0),
        longest_retry_pause_seconds=root.number("longest_retry_pause_seconds", 2.0),
        readiness_interval_seconds=root.number("readiness_interval_seconds", 10.0),
        drain_seconds=root.number("drain_seconds", 3.0),
        grace_seconds=root.number("grace_seconds", request_timeout_seconds),
    )
    if not models:
        root.fault("models", "must have at least one model")
    root.finish()
    return config


def _model(name: str, entry: Reader) -> Model:
    model = Model(
        name=name,
        url=entry.text("url", pattern=r"http://[^/:]+(:\d+)?"),
        context_tokens=entry.whole("context_tokens"),
        max_output_tokens=entry.whole("max_output_tokens"),
        created=entry.whole("created", 0, low=0),
        replicas=entry.whole("replicas", 1),
    )
    entry.refuse_unknown()
    return model


class Reader:
    """Reads one JSON object field by field and notes every fault, so that all can be told at once."""

    def __init__(self, values: object, path: str, faults: list[str]) -> None:
        self._path = path
        self._faults = faults
        self._read: set[str] = set()
        if not isinstance(values, dict):
            faults.append(f"{path}: must be an object")
        self._values: dict[str, object] = values if isinstance(values, dict) else {}

    @classmethod
    def of_file(cls, path: Path) -> Reader:
        """Return a reader of a JSON file. Raise ConfigError when it cannot be read."""
        try:
            return cls(json.loads(path.read_text(encoding="utf-8")), str(path), [])
        except (OSError, ValueError) as error:
            raise ConfigError(f"{path}: {error}") from error

    def names(self) -> list[str]:
        """Return the names of all fields."""
        return list(self._values)

    def text(self, name: str, default: str | None = None, *, pattern: str = r".+") -> str:
        """Return a text that matches the whole pattern."""
        value = self._take(name, default)
        if isinstance(value, str) and re.fullmatch(pattern, value):
            return value
        self.fault(name, f"must be a text that matches {pattern}, found {value!r}")
        return ""

    def whole(self, name: str, default: int | None = None, *, low: int = 1, high: int = 2**53) -> int:
        """Return a whole number in the range."""
        value = self._take(name, default)
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self.fault(name, f"must be a whole number from {low} to {high}, found {value!r}")
        return low

    def number(self, name: str, default: float) -> float:
        """Return a number that is not negative."""
        value = self._take(name, default)
        if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
            return float(value)
        self.fault(name, f"must be a number of at least 0, found {value!r}")
        return default

    def objects(self, name: str) -> dict[str, Reader]:
        """Return a reader for each object in an object."""
        value = self._take(name, None)
        if isinstance(value, dict):
            return {key: Reader(item, f"{self._path}: {name}.{key}", self._faults) for key, item in value.items()}
        self.fault(name, f"must be an object of objects, found {value!r}")
        return {}

    def fault(self, name: str, what: str) -> None:
        """Note a fault of a field."""
        self._faults.append(f"{self._path}: {name} {what}")

    def refuse_unknown(self) -> None:
        """Note the fields that nobody asked for."""
        for name in sorted(self._values.keys() - self._read):
            self.fault(name, "is not a known field")

    def finish(self) -> None:
        """Raise ConfigError when there was any fault."""
        self.refuse_unknown()
        if self._faults:
            raise ConfigError("\n".join(self._faults))

    def _take(self, name: str, default: object) -> object:
        self._read.add(name)
        return self._values.get(name, default)
