"""What goes wrong with a request, as OpenAI's API says it.

ApiError
├── InvalidRequestError      400   the body cannot be used
├── UnauthorizedError        401   no key, or one that is not known
├── NotFoundError            404   no such path
│   └── UnknownModelError    404   no such model
├── MethodError              405   the path takes another method
├── SlowBodyError            408   the body did not arrive in time
├── TooLargeError            413   the body is larger than allowed
├── RateLimitError           429   too many requests at once, here or in the model's queue
├── InternalError            500   a defect in the gateway
├── UnavailableError         503   the model's server is down or broken
│   └── OtherAnswerError     503   it failed amid its answer, and another one says something else
└── TooLateError             504   the model's server did not answer in time
"""

from __future__ import annotations

from collections.abc import Mapping


class ApiError(Exception):
    """An answer to the client that is an error."""

    status = 500
    type = "invalid_request_error"
    code: str | None = None
    headers: Mapping[str, str] = {}

    def __init__(self, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.param = param
        self.code = code or self.code

    def body(self) -> dict[str, object]:
        """Return the JSON object that OpenAI's clients read."""
        return {"error": {"message": str(self), "type": self.type, "param": self.param, "code": self.code}}


class InvalidRequestError(ApiError):
    """The body cannot be used; `param` names the field."""

    status = 400


class UnauthorizedError(ApiError):
    """There is no key, or one that is not known."""

    status = 401
    code = "invalid_api_key"
    headers: Mapping[str, str] = {"www-authenticate": "Bearer"}


class NotFoundError(ApiError):
    """There is no such path."""

    status = 404
    code = "unknown_url"


class UnknownModelError(NotFoundError):
    """There is no such model."""

    code = "model_not_found"


class MethodError(ApiError):
    """The path takes another method."""

    status = 405
    code = "method_not_supported"


class SlowBodyError(ApiError):
    """The body did not arrive in time."""

    status = 408
    code = "request_timeout"


class TooLargeError(ApiError):
    """The body is larger than allowed."""

    status = 413
    code = "request_too_large"


class RateLimitError(ApiError):
    """Too many requests at once; the same request may work in a second."""

    status = 429
    type = "rate_limit_error"
    code = "rate_limit_exceeded"
    headers: Mapping[str, str] = {"retry-after": "1"}


class InternalError(ApiError):
    """The gateway itself is at fault."""

    status = 500
    type = "server_error"
    code = "internal_error"


class UnavailableError(ApiError):
    """The model's server is down or broken."""

    status = 503
    type = "server_error"
    code = "model_unavailable"
    headers: Mapping[str, str] = {"retry-after": "1"}


class OtherAnswerError(UnavailableError):
    """The model's server failed amid its answer, and the next one's answer does not begin with the same text."""


class TooLateError(ApiError):
    """The model's server did not answer in time."""

    status = 504
    type = "server_error"
    code = "model_timeout"
