"""Errors in OpenAI's shape."""

from __future__ import annotations

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from stocktool_analyst.http.requests import BadRequest


def install(app: FastAPI) -> None:
    """Answer every failure with an error body of OpenAI's API."""

    @app.exception_handler(BadRequest)
    async def bad(_: Request, error: BadRequest) -> JSONResponse:
        return _body(str(error), "invalid_request_error", error.status, error.parameter, error.code)

    @app.exception_handler(HTTPException)
    async def unknown(request: Request, error: HTTPException) -> JSONResponse:
        message = f"{error.detail}: {request.method} {request.url.path}"
        return _body(message, "invalid_request_error", error.status_code, None, "unknown_url")

    @app.exception_handler(Exception)
    async def broken(_: Request, __: Exception) -> JSONResponse:
        return _body("The server had an error while processing the request.", "server_error", 500, None, None)


def _body(message: str, kind: str, status: int, parameter: str | None, code: str | None) -> JSONResponse:
    return JSONResponse({"error": {"message": message, "type": kind, "param": parameter, "code": code}}, status)
