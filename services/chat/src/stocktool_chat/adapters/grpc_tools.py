"""The tools: each is one call to stock or rag as the current caller, its answer plain JSON."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence

import grpc
from stocktool_kit.core.caller import current_caller

from stocktool_chat.adapters import (
    analysis_tools,
    calculator_tools,
    document_tools,
    market_tools,
    planning_tools,
    portfolio_tools,
    watch_tools,
    web_tools,
)
from stocktool_chat.adapters import tool_arguments as args
from stocktool_chat.adapters.kept_answers import KeptAnswers, Question
from stocktool_chat.adapters.tool_session import Services, Session, Tool, UnknownTool
from stocktool_chat.application.ports import ToolDefinition
from stocktool_chat.application.web_search import WebSearch
from stocktool_chat.domain.conversation import TurnId
from stocktool_chat.domain.earlier_results import EarlierResults
from stocktool_chat.domain.json_types import JsonObject
from stocktool_chat.domain.proposals import Prepared

TOOLS: tuple[Tool, ...] = (
    *market_tools.TOOLS,
    *portfolio_tools.TOOLS,
    *planning_tools.TOOLS,
    *watch_tools.TOOLS,
    *analysis_tools.TOOLS,
    *document_tools.TOOLS,
    *calculator_tools.TOOLS,
)
"""The tools of every deployment; that of the web comes where a provider of it is configured."""


class GrpcToolbox:
    """`Toolbox` over the channels to stock and rag.

    Args:
        stock: Channel to the stock service.
        rag: Channel to the rag service.
        web: Search of the web; None: no tool searches it.
        kept: What turns before gave; None: each turn asks for itself.
    """

    def __init__(
        self,
        stock: grpc.aio.Channel,
        rag: grpc.aio.Channel,
        web: WebSearch | None = None,
        kept: KeptAnswers | None = None,
    ) -> None:
        self._kept = kept or KeptAnswers(0)
        self._services = Services(stock, rag, web)
        tools = TOOLS if web is None else (*TOOLS, *web_tools.TOOLS)
        self._tools = {tool.name: tool for tool in tools}
        self._definitions = tuple(tool.definition() for tool in tools)

    @property
    def definitions(self) -> Sequence[ToolDefinition]:
        """See the port."""
        return self._definitions

    def session(self, turn_id: TurnId, earlier: EarlierResults) -> GrpcToolSession:
        """See the port."""
        return GrpcToolSession(self._tools, Session(self._services, turn_id, earlier), self._kept)


class GrpcToolSession:
    """The tools for one turn; the same question asked twice in it is answered alike, and from memory."""

    def __init__(self, tools: Mapping[str, Tool], session: Session, kept: KeptAnswers) -> None:
        self._tools = tools
        self._session = session
        self._kept = kept
        self._answered: dict[Question, JsonObject] = {}
        self._asking: defaultdict[Question, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def call(self, name: str, arguments: JsonObject) -> JsonObject | Prepared:
        """See the port."""
        tool = self._tools.get(name)
        if tool is None:
            raise UnknownTool(f"there is no tool {name!r}; the tools are {', '.join(self._tools)}", tool=name)
        checked: args.Arguments = args.checked(tool.arguments, arguments)
        if not tool.cached:
            return await tool.run(self._session, checked)
        question = (current_caller().owner, name, checked.model_dump_json())
        async with self._asking[question]:  # a twin beside it waits for the first one's answer
            return await self._remembered(tool, checked, question)

    async def _remembered(self, tool: Tool, checked: args.Arguments, question: Question) -> JsonObject | Prepared:
        before = self._answered.get(question)
        if before is None and tool.kept:
            before = self._kept.get(question)
        if before is not None:
            return before
        given = await tool.run(self._session, checked)
        if not isinstance(given, Prepared):
            self._answered[question] = given
            if tool.kept:
                self._kept.put(question, given)
        return given
