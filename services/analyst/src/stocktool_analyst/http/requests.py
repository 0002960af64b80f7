"""What requests of OpenAI's APIs ask of the analyst; every other parameter is accepted and has no effect."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stocktool_analyst.domain.tokens import tokens_of
from stocktool_analyst.domain.tools import Tool

MODEL = "offline-analyst"
Item = dict[str, Any]


class BadRequest(Exception):
    """A request that cannot be answered.

    Attributes:
        parameter: Name of the parameter at fault, None for the body as a whole.
        status: Status of HTTP.
        code: OpenAI's code, where it has one.
    """

    def __init__(
        self, message: str, parameter: str | None = None, *, status: int = 400, code: str | None = None
    ) -> None:
        super().__init__(message)
        self.parameter = parameter
        self.status = status
        self.code = code


class _Function(BaseModel):
    name: str = Field(min_length=1, max_length=128)
    parameters: dict[str, Any] | None = None


class _NamedTool(_Function):
    type: Literal["function"]


class _WrappedTool(BaseModel):
    type: Literal["function"]
    function: _Function


class CreateResponse(BaseModel):
    """A request of the Responses API."""

    model_config = ConfigDict(extra="allow")

    model: str = MODEL
    input: str | list[Item]
    instructions: str | None = None
    tools: list[Item] | None = None
    stream: bool | None = None
    tool_choice: str | Item | None = None
    previous_response_id: str | None = None

    def items(self) -> list[Item]:
        """The input as items, oldest first, the instructions before them."""
        told = [{"role": "developer", "content": self.instructions}] if self.instructions else []
        said = [{"role": "user", "content": self.input}] if isinstance(self.input, str) else self.input
        return [*told, *said]

    def offered(self) -> list[Tool]:
        """Function tools on offer; tools of other types are none of the analyst's."""
        given = (tool for tool in self.tools or [] if tool.get("type") == "function")
        return [_tool(each) for each in (_NamedTool.model_validate(tool) for tool in given)]

    def input_tokens(self) -> int:
        """Tokens of instructions, input and tools, at least one."""
        return tokens_of(self.instructions, self.input, self.tools)


class _StreamOptions(BaseModel):
    include_usage: bool | None = None


class _Message(BaseModel):
    model_config = ConfigDict(extra="allow")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Item] | None = None
    tool_calls: list[Item] | None = None
    tool_call_id: str | None = None

    def items(self) -> Iterator[Item]:
        """The message as items of the Responses API."""
        if self.role == "tool":
            yield {"type": "function_call_output", "call_id": self.tool_call_id or "", "output": _text(self.content)}
            return
        if self.content is not None:
            yield {"role": self.role, "content": self.content}
        for call in self.tool_calls or []:
            function = call.get("function")
            if isinstance(function, Mapping):
                named = {"name": function.get("name"), "arguments": function.get("arguments")}
                yield {"type": "function_call", "call_id": call.get("id"), **named}


class CreateCompletion(BaseModel):
    """A request of the Chat Completions API."""

    model_config = ConfigDict(extra="allow")

    model: str = MODEL
    messages: Annotated[list[_Message], Field(min_length=1)]
    tools: list[Item] | None = None
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    tool_choice: str | Item | None = None
    n: int | None = None

    def items(self) -> list[Item]:
        """The messages as items of the Responses API, oldest first."""
        return [item for message in self.messages for item in message.items()]

    def offered(self) -> list[Tool]:
        """Function tools on offer; tools of other types are none of the analyst's."""
        given = (tool for tool in self.tools or [] if tool.get("type") == "function")
        return [_tool(each.function) for each in (_WrappedTool.model_validate(tool) for tool in given)]

    def input_tokens(self) -> int:
        """Tokens of messages and tools, at least one."""
        messages = [message.model_dump(exclude_none=True) for message in self.messages]
        return tokens_of(messages, self.tools)

    @property
    def tells_usage(self) -> bool:
        """Whether a stream is to end with its usage."""
        return bool(self.stream_options and self.stream_options.include_usage)


def read_response(body: bytes) -> CreateResponse:
    """Read a request of the Responses API.

    Raises:
        BadRequest: The body is none, or asks for a response that was stored: nothing is.
    """
    asked = _read(CreateResponse, body)
    if asked.previous_response_id:
        raise BadRequest(
            "Responses are not stored here. Send the whole conversation in 'input'.", "previous_response_id"
        )
    return asked


def read_completion(body: bytes) -> CreateCompletion:
    """Read a request of the Chat Completions API.

    Raises:
        BadRequest: The body is none, or asks for several choices.
    """
    asked = _read(CreateCompletion, body)
    if asked.n not in (None, 1):
        raise BadRequest("There is one answer to a question. Leave 'n' away or send 1.", "n")
    return asked


_Asked = TypeVar("_Asked", CreateResponse, CreateCompletion)


def _read(kind: type[_Asked], body: bytes) -> _Asked:
    try:
        asked = kind.model_validate_json(body)
        asked.offered()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadRequest(f"{where or 'body'}: {first['msg']}", where or None) from error
    return asked


def _tool(function: _Function) -> Tool:
    return Tool(function.name, function.parameters or {})


def _text(content: str | list[Item] | None) -> str:
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content)
    return content if content is not None else json.dumps(None)
