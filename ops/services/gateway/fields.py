"""Read the fields of a request body; whatever is wrong names its parameter."""

from __future__ import annotations

from .errors import InvalidRequestError


class Fields:
    """One JSON object of a request. A field that is null counts as absent, as it does at OpenAI."""

    def __init__(self, values: object, path: str = "") -> None:
        """`path` is what goes before the names of fields in errors."""
        if not isinstance(values, dict):
            name = path.rstrip(".")
            raise InvalidRequestError(f"{name or 'The body'} must be a JSON object.", param=name or None)
        self._path = path
        self._values = {name: value for name, value in values.items() if value is not None}

    def has(self, name: str) -> bool:
        """Return whether the field is there and not null."""
        return name in self._values

    def value(self, name: str) -> object:
        """Return a field of any type. Raise InvalidRequestError when it is absent."""
        if name not in self._values:
            raise InvalidRequestError(f"Missing required parameter: '{self._path}{name}'.", param=self._path + name)
        return self._values[name]

    def text(self, name: str, *, empty: bool = False) -> str:
        """Return a text of valid Unicode, which may be empty when `empty` says so."""
        return self.as_text(name, self.value(name), empty=empty)

    def as_text(self, name: str, value: object, *, empty: bool = False) -> str:
        """Return the value, which was found at `name`, as `text` does."""
        if not isinstance(value, str):
            raise self.wrong(name, "must be a text")
        if not value and not empty:
            raise self.wrong(name, "must not be empty")
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise self.wrong(name, "holds half a surrogate pair, which is not valid Unicode") from error
        return value

    def number(self, name: str, low: float, high: float) -> float:
        """Return a number in the range."""
        value = self.value(name)
        if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
            raise self.wrong(name, f"must be a number from {low:g} to {high:g}")
        return value

    def whole(self, name: str, low: int, high: int) -> int:
        """Return a whole number in the range."""
        value = self.value(name)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self.wrong(name, f"must be a whole number from {low} to {high}")
        return value

    def flag(self, name: str) -> bool:
        """Return true or false; false when absent."""
        value = self._values.get(name, False)
        if not isinstance(value, bool):
            raise self.wrong(name, "must be true or false")
        return value

    def objects(self, name: str) -> list[Fields]:
        """Return the fields of each object of a list that is not empty."""
        value = self.value(name)
        if not isinstance(value, list) or not value:
            raise self.wrong(name, "must be a list that is not empty")
        return [Fields(item, f"{self._path}{name}[{place}].") for place, item in enumerate(value)]

    def inner(self, name: str) -> Fields:
        """Return the fields of an object in this one."""
        return Fields(self.value(name), f"{self._path}{name}.")

    def allow_only(self, name: str, *allowed: object) -> None:
        """Refuse a parameter that clients send with its default value, when it has any other value."""
        if name not in self._values:
            return
        value = self._values[name]
        if not any(type(value) is type(one) and value == one for one in allowed):
            raise InvalidRequestError(
                f"'{self._path}{name}' is not supported here with this value.",
                param=self._path + name,
                code="unsupported_parameter",
            )

    def refuse_unknown(self, known: frozenset[str]) -> None:
        """Refuse fields that are not known, so that no option is ignored without a word."""
        unknown = sorted(self._values.keys() - known)
        if unknown:
            raise InvalidRequestError(
                f"Unknown parameter: '{self._path}{unknown[0]}'.",
                param=self._path + unknown[0],
                code="unknown_parameter",
            )

    def wrong(self, name: str, what: str) -> InvalidRequestError:
        """Return the error that says what is wrong with a field."""
        return InvalidRequestError(f"'{self._path}{name}' {what}.", param=self._path + name, code="invalid_value")
