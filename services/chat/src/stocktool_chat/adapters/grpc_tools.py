"""The tools: each is one call to stock or rag as the current caller, its answer plain JSON."""

from __future__ import annotations

from collections.abc import Sequence

import grpc

from stocktool_chat.adapters import document_tools, market_tools, planning_tools, portfolio_tools
from stocktool_chat.adapters import tool_arguments as args
from stocktool_chat.adapters.tool_session import Services, Session, Tool, UnknownTool
from stocktool_chat.application.ports import ToolDefinition
from stocktool_chat.domain.json_types import JsonObject
from stocktool_chat.domain.proposals import Prepared

TOOLS: tuple[Tool, ...] = (*market_tools.TOOLS, *portfolio_tools.TOOLS, *planning_tools.TOOLS, *document_tools.TOOLS)
_BY_NAME = {tool.name: tool for tool in TOOLS}


class GrpcToolbox:
    """`Toolbox` over the channels to stock and rag.

    Args:
        stock: Channel to the stock service.
        rag: Channel to the rag service.
    """

    def __init__(self, stock: grpc.aio.Channel, rag: grpc.aio.Channel) -> None:
        self._services = Services(stock, rag)
        self._definitions = tuple(tool.definition() for tool in TOOLS)

    @property
    def definitions(self) -> Sequence[ToolDefinition]:
        """See the port."""
        return self._definitions

    def session(self) -> GrpcToolSession:
        """See the port."""
        return GrpcToolSession(self._services)


class GrpcToolSession:
    """The tools for one turn."""

    def __init__(self, services: Services) -> None:
        self._session = Session(services)

    async def call(self, name: str, arguments: JsonObject) -> JsonObject | Prepared:
        """See the port."""
        tool = _BY_NAME.get(name)
        if tool is None:
            raise UnknownTool(f"there is no tool {name!r}; the tools are {', '.join(_BY_NAME)}", tool=name)
        return await tool.run(self._session, args.checked(tool.arguments, arguments))
