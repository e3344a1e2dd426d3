"""The one way a value is written as bytes to be hashed and signed: sorted keys, no spaces, UTF-8."""

from __future__ import annotations

import hashlib
import json

import pydantic


class Statement(pydantic.BaseModel):
    """A frozen part of something that is signed; unknown keys are errors, so nothing unread is ever signed."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    def value(self) -> pydantic.JsonValue:
        """Return it as plain JSON values, without what is absent."""
        plain: pydantic.JsonValue = self.model_dump(mode="json", exclude_none=True)
        return plain


def encode(value: pydantic.JsonValue) -> bytes:
    """Return the canonical bytes of a value. Raise ValueError on NaN, infinity and lone surrogates."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def decode(data: bytes) -> pydantic.JsonValue:
    """Return the value that these bytes are the canonical form of. Raise ValueError when they are not exactly that.

    A file that differs in one byte is either another value or no canonical form, so a signature over the value is a
    signature over every byte.
    """
    try:
        value: pydantic.JsonValue = json.loads(data.decode())
        again = encode(value)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if again != data:
        raise ValueError("not in canonical form")
    return value


def digest(value: pydantic.JsonValue) -> str:
    """Return the SHA-256 of a value's canonical bytes in hex."""
    return hashlib.sha256(encode(value)).hexdigest()
