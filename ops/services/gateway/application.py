"""The two HTTP applications of the gateway: the API for clients, and the operations side for the cluster."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from . import chat, completions, keys
from .config import Model
from .envelope import Envelope, State, record_of
from .errors import ApiError, InternalError, MethodError, NotFoundError, UnknownModelError
from .generate import Generate, Parts

# What Starlette's router refuses by itself.
_HTTP_ERRORS: dict[int, type[ApiError]] = {404: NotFoundError, 405: MethodError}


GENERATING = {"/v1/chat/completions": chat, "/v1/completions": completions}
"""Paths that make a model work, and the shape of their answers."""


def api(parts: Parts, state: State) -> ASGIApp:
    """Return the OpenAI-compatible API."""
    generating = {path: Generate(parts, form) for path, form in GENERATING.items()}
    listing = _Models(parts)
    routes = [Route(path, endpoint, methods=["POST"]) for path, endpoint in generating.items()]
    routes += [Route("/v1/models", listing.all), Route("/v1/models/{model}", listing.one)]
    app = Starlette(routes=routes, exception_handlers=dict.fromkeys((HTTPException, ApiError, Exception), _error))
    app.router.redirect_slashes = False
    return Envelope(app, parts.meters, frozenset({*generating, "/v1/models"}), state)


def operations(parts: Parts, state: State) -> ASGIApp:
    """Return metrics and health, for a port that clients do not reach."""

    async def metrics(_: Request) -> Response:
        return Response(parts.meters.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def healthy(_: Request) -> Response:
        return JSONResponse({"healthy": True})

    async def ready(_: Request) -> Response:
        models = parts.readiness.ready()
        okay = any(models.values()) and not state.draining
        return JSONResponse({"ready": okay, "draining": state.draining, "models": models}, 200 if okay else 503)

    return Starlette(routes=[Route("/metrics", metrics), Route("/healthz", healthy), Route("/readyz", ready)])


class _Models:
    """GET /v1/models and GET /v1/models/{model}."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def all(self, request: Request) -> Response:
        self._authenticate(request)
        return JSONResponse({"object": "list", "data": [_show(model) for model in self._parts.config.models.values()]})

    async def one(self, request: Request) -> Response:
        self._authenticate(request)
        name = request.path_params["model"]
        model = self._parts.config.models.get(name)
        if model is None:
            raise UnknownModelError(f"The model '{name}' does not exist.", param="model")
        return JSONResponse(_show(model))

    def _authenticate(self, request: Request) -> None:
        keys.authenticate(self._parts.keys, request.headers.get("authorization"))


def _show(model: Model) -> dict[str, object]:
    return {"id": model.name, "object": "model", "created": model.created, "owned_by": "sitewright"}


async def _error(request: Request, error: Exception) -> Response:
    """Answer an exception in OpenAI's shape. The text of one that nobody foresaw goes to the log, not to the client."""
    if isinstance(error, ApiError):
        ours = error
    elif isinstance(error, HTTPException):
        ours = _HTTP_ERRORS[error.status_code](f"There is no {request.method} {request.url.path} here.")
    else:
        ours = InternalError("The gateway failed over this request.")
    record_of(request.scope).error = ours.code
    return JSONResponse(ours.body(), ours.status, getattr(error, "headers", None))
