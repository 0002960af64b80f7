"""The tools: each is one call to stock or rag as the current caller, its answer plain JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import grpc
from google.type.date_pb2 import Date
from stocktool.rag.v1 import rag_service_pb2 as rag_pb
from stocktool.rag.v1.rag_service_pb2_grpc import RagServiceStub
from stocktool.stock.v1 import analytics_service_pb2 as analytics_pb
from stocktool.stock.v1 import portfolio_service_pb2 as portfolio_pb
from stocktool.stock.v1 import stock_service_pb2 as stock_pb
from stocktool.stock.v1.analytics_service_pb2_grpc import AnalyticsServiceStub
from stocktool.stock.v1.portfolio_service_pb2_grpc import PortfolioServiceStub
from stocktool.stock.v1.stock_service_pb2_grpc import StockServiceStub
from stocktool_kit.core.errors import InvalidArgument, NotFound

from stocktool_chat.adapters import tool_arguments as args
from stocktool_chat.adapters.proto_json import to_plain
from stocktool_chat.adapters.stock_market_status import market_day
from stocktool_chat.application.ports import ToolDefinition
from stocktool_chat.domain.json_types import Json, JsonObject
from stocktool_chat.domain.proposals import Prepared

if TYPE_CHECKING:  # the asynchronous stubs exist as types only
    from stocktool.rag.v1.rag_service_pb2_grpc import RagServiceAsyncStub
    from stocktool.stock.v1.analytics_service_pb2_grpc import AnalyticsServiceAsyncStub
    from stocktool.stock.v1.portfolio_service_pb2_grpc import PortfolioServiceAsyncStub
    from stocktool.stock.v1.stock_service_pb2_grpc import StockServiceAsyncStub

_PAGE = 500


class UnknownTool(NotFound):
    """No tool has this name."""

    reason = "UNKNOWN_TOOL"


class NoPortfolio(NotFound):
    """The user has no portfolio, or none by this name."""

    reason = "PORTFOLIO_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class _Tool:
    name: str
    description: str
    arguments: type[args.Arguments]
    run: Callable[[GrpcToolSession, Any], Awaitable[JsonObject | Prepared]]

    def definition(self) -> ToolDefinition:
        return ToolDefinition(self.name, self.description, args.strict_schema(self.arguments))


class GrpcToolbox:
    """`Toolbox` over the channels to stock and rag.

    Args:
        stock: Channel to the stock service.
        rag: Channel to the rag service.
    """

    def __init__(self, stock: grpc.aio.Channel, rag: grpc.aio.Channel) -> None:
        self.market: StockServiceAsyncStub = StockServiceStub(stock)
        self.portfolios: PortfolioServiceAsyncStub = PortfolioServiceStub(stock)
        self.analytics: AnalyticsServiceAsyncStub = AnalyticsServiceStub(stock)
        self.documents: RagServiceAsyncStub = RagServiceStub(rag)
        self._definitions = tuple(tool.definition() for tool in _TOOLS)

    @property
    def definitions(self) -> Sequence[ToolDefinition]:
        """See the port."""
        return self._definitions

    def session(self) -> GrpcToolSession:
        """See the port."""
        return GrpcToolSession(self)


class GrpcToolSession:
    """The tools for one turn; the list of portfolios is asked for once."""

    def __init__(self, box: GrpcToolbox) -> None:
        self._box = box
        self._listing: asyncio.Task[list[portfolio_pb.Portfolio]] | None = None

    async def call(self, name: str, arguments: JsonObject) -> JsonObject | Prepared:
        """See the port."""
        tool = _BY_NAME.get(name)
        if tool is None:
            raise UnknownTool(f"there is no tool {name!r}; the tools are {', '.join(_BY_NAME)}", tool=name)
        return await tool.run(self, args.checked(tool.arguments, arguments))

    async def market_status(self, _: args.NoArguments) -> JsonObject:
        """The market's now."""
        return to_plain(await self._box.market.GetMarketStatus(stock_pb.GetMarketStatusRequest()))

    async def quotes(self, wanted: args.Symbols) -> JsonObject:
        """Last prices."""
        answer = await self._box.market.GetQuotes(stock_pb.GetQuotesRequest(symbols=wanted.symbols))
        return _listed(to_plain(answer), quotes="items")

    async def compare(self, wanted: args.Compare) -> JsonObject:
        """Symbols side by side."""
        request = analytics_pb.CompareSymbolsRequest(
            symbols=wanted.symbols, start=_day(wanted.start), end=_day(wanted.end), period=_period(wanted.period)
        )
        return to_plain(await self._box.analytics.CompareSymbols(request))

    async def list_portfolios(self, _: args.NoArguments) -> JsonObject:
        """The user's portfolios."""
        return {"items": [to_plain(each, drop=("version",)) for each in await self._portfolios()]}

    async def holdings(self, wanted: args.Holdings) -> JsonObject:
        """What is held and its value."""
        portfolio = await self._portfolio(wanted.portfolio)
        request = portfolio_pb.GetHoldingsRequest(portfolio_id=portfolio.id, as_of=_day(wanted.as_of))
        answer = await self._box.portfolios.GetHoldings(request)
        return _about(portfolio, to_plain(answer.holdings, drop=("lots", "portfolio_id")))

    async def performance(self, wanted: args.Performance) -> JsonObject:
        """Returns over a span."""
        portfolio = await self._portfolio(wanted.portfolio)
        request = analytics_pb.GetPerformanceRequest(
            portfolio_id=portfolio.id,
            start=_day(wanted.start),
            end=_day(wanted.end),
            period=_period(wanted.period),
            benchmark=wanted.benchmark or "",
        )
        answer = await self._box.analytics.GetPerformance(request)
        return _about(portfolio, to_plain(answer.performance, drop=("dates", "growth", "portfolio_id")))

    async def risk(self, wanted: args.Performance) -> JsonObject:
        """Risk over a span."""
        portfolio = await self._portfolio(wanted.portfolio)
        request = analytics_pb.GetRiskRequest(
            portfolio_id=portfolio.id,
            start=_day(wanted.start),
            end=_day(wanted.end),
            period=_period(wanted.period),
            benchmark=wanted.benchmark or "",
        )
        answer = await self._box.analytics.GetRisk(request)
        return _about(portfolio, to_plain(answer.risk, drop=("portfolio_id",)))

    async def allocation(self, wanted: args.Allocation) -> JsonObject:
        """The value in slices."""
        portfolio = await self._portfolio(wanted.portfolio)
        by = analytics_pb.AllocationBy.Value(f"ALLOCATION_BY_{(wanted.by or 'sector').upper()}")
        request = analytics_pb.GetAllocationRequest(portfolio_id=portfolio.id, by=by)
        answer = await self._box.analytics.GetAllocation(request)
        return _about(portfolio, to_plain(answer.allocation, drop=("portfolio_id",)))

    async def search_instruments(self, wanted: args.Search) -> JsonObject:
        """Symbols by name."""
        request = stock_pb.SearchInstrumentsRequest(query=wanted.query, page_size=10)
        answer = await self._box.market.SearchInstruments(request)
        return _listed(to_plain(answer, drop=("next_page_token",)), instruments="items")

    async def transactions(self, wanted: args.Transactions) -> JsonObject:
        """The newest ledger entries."""
        portfolio = await self._portfolio(wanted.portfolio)
        entries: list[portfolio_pb.Transaction] = []
        token = ""
        while True:  # the ledger is listed oldest first, and the newest entries are wanted
            request = portfolio_pb.ListTransactionsRequest(
                portfolio_id=portfolio.id, page_size=_PAGE, page_token=token, symbol=wanted.symbol or ""
            )
            answer = await self._box.portfolios.ListTransactions(request)
            entries.extend(answer.items)
            token = answer.next_page_token
            if not token:
                break
        newest = entries[-(wanted.limit or 20) :][::-1]
        items: list[Json] = [to_plain(entry, drop=("sequence", "recorded_at", "reversed")) for entry in newest]
        return _about(portfolio, {"total_count": len(entries), "items": items})

    async def propose_transaction(self, wanted: args.NewTransaction) -> Prepared:
        """An entry for the user to approve."""
        portfolio = await self._portfolio(wanted.portfolio)
        account = _account(portfolio, wanted.account)
        day = wanted.date or await self._today()
        given = wanted.model_dump(include={"symbol", "quantity", "price", "amount", "fee", "currency", "note"})
        entry: dict[str, Json] = {"type": wanted.type, "date": day.isoformat(), "account_id": account.id}
        entry |= {name: value for name, value in given.items() if value is not None}
        entry.setdefault("currency", account.currency)
        if wanted.type in ("buy", "sell") and wanted.symbol and not (wanted.price or wanted.amount):
            entry |= await self._last_price(wanted.symbol)
        arguments: JsonObject = {"portfolio_id": portfolio.id, "transaction": entry}
        return Prepared(arguments, _proposed(entry, account.name, portfolio.name))

    async def _today(self) -> date:
        return market_day(await self._box.market.GetMarketStatus(stock_pb.GetMarketStatusRequest()))

    async def _last_price(self, symbol: str) -> dict[str, Json]:
        answer = await self._box.market.GetQuotes(stock_pb.GetQuotesRequest(symbols=[symbol]))
        if not answer.quotes:
            raise InvalidArgument(f"no price of {symbol} is known; give the price paid")
        price = answer.quotes[0].price
        return {"price": price.amount, "currency": price.currency}

    async def news(self, wanted: args.News) -> JsonObject:
        """News of a symbol."""
        request = stock_pb.ListNewsRequest(symbol=wanted.symbol, page_size=wanted.limit or 5)
        answer = await self._box.market.ListNews(request)
        return {"symbol": wanted.symbol, **to_plain(answer, drop=("next_page_token",))}

    async def search_documents(self, wanted: args.SearchDocuments) -> JsonObject:
        """Passages of the user's documents."""
        request = rag_pb.SearchRequest(
            query=wanted.query, top_k=wanted.limit or 5, document_ids=wanted.document_ids or ()
        )
        answer = await self._box.documents.Search(request)
        return {"hits": [to_plain(hit, drop=("chunk_id",)) for hit in answer.hits]}

    async def read_page(self, wanted: args.ReadPage) -> JsonObject:
        """A page of a document."""
        request = rag_pb.GetPageRequest(document_id=wanted.document_id, page=wanted.page)
        return to_plain(await self._box.documents.GetPage(request))

    async def _portfolio(self, wanted: str | None) -> portfolio_pb.Portfolio:
        portfolios = await self._portfolios()
        if not portfolios:
            raise NoPortfolio("the user has no portfolio yet")
        if wanted is None:
            return portfolios[0]
        for portfolio in portfolios:
            if wanted == portfolio.id or wanted.casefold() == portfolio.name.casefold():
                return portfolio
        names = ", ".join(portfolio.name for portfolio in portfolios)
        raise NoPortfolio(f"the user has no portfolio {wanted!r}; there are: {names}", portfolio=wanted)

    async def _portfolios(self) -> list[portfolio_pb.Portfolio]:
        if self._listing is None:
            self._listing = asyncio.ensure_future(self._list())
        try:
            return await asyncio.shield(self._listing)
        except Exception:
            self._listing = None  # the next tool asks again
            raise

    async def _list(self) -> list[portfolio_pb.Portfolio]:
        answer = await self._box.portfolios.ListPortfolios(portfolio_pb.ListPortfoliosRequest(page_size=100))
        return list(answer.items)


_TOOLS = (
    _Tool("get_market_status", "The market's today, whether it is open, and the state of the price source.",
          args.NoArguments, GrpcToolSession.market_status),
    _Tool("get_quotes", "Last prices of symbols with their day's change and age.",
          args.Symbols, GrpcToolSession.quotes),
    _Tool("compare_symbols", "Returns, volatility, drawdown and correlations of symbols over the same days.",
          args.Compare, GrpcToolSession.compare),
    _Tool("list_portfolios", "The user's portfolios with their accounts.",
          args.NoArguments, GrpcToolSession.list_portfolios),
    _Tool("get_holdings", "What a portfolio holds: quantities, prices, values, unrealised gains, weights, cash, total.",
          args.Holdings, GrpcToolSession.holdings),
    _Tool("get_performance", "A portfolio's time-weighted and money-weighted return, gain and net flows over a span, "
          "against a benchmark.", args.Performance, GrpcToolSession.performance),
    _Tool("get_risk", "A portfolio's volatility, Sharpe and Sortino ratio, drawdown, value at risk and beta over a "
          "span.", args.Performance, GrpcToolSession.risk),
    _Tool("get_allocation", "A portfolio's value in slices by sector, symbol, currency or account.",
          args.Allocation, GrpcToolSession.allocation),
    _Tool("search_instruments", "Finds the symbol of a company or fund by name.",
          args.Search, GrpcToolSession.search_instruments),
    _Tool("list_transactions", "The newest entries of a portfolio's ledger: purchases, sales, deposits, dividends.",
          args.Transactions, GrpcToolSession.transactions),
    _Tool("propose_transaction", "Prepares an entry of the ledger for the user to approve: a purchase, sale, deposit, "
          "dividend or the like. Nothing is written until the user approves.",
          args.NewTransaction, GrpcToolSession.propose_transaction),
    _Tool("list_news", "Recent news about a symbol.", args.News, GrpcToolSession.news),
    _Tool("search_documents", "Finds passages in the user's own documents; each has a citation number to refer to.",
          args.SearchDocuments, GrpcToolSession.search_documents),
    _Tool("read_page", "The whole text of one page of a document.", args.ReadPage, GrpcToolSession.read_page),
)  # fmt: skip
_BY_NAME = {tool.name: tool for tool in _TOOLS}


def _account(portfolio: portfolio_pb.Portfolio, wanted: str | None) -> portfolio_pb.Account:
    if wanted is None:
        return portfolio.accounts[0]
    for account in portfolio.accounts:
        if wanted == account.id or wanted.casefold() == account.name.casefold():
            return account
    names = ", ".join(account.name for account in portfolio.accounts)
    raise InvalidArgument(f"the portfolio has no account {wanted!r}; there are: {names}")


def _proposed(entry: Mapping[str, Json], account: str, portfolio: str) -> str:
    """One line for the user: `Buy 10 AAPL at 237.33 USD on 2024-11-29 in Broker (Family)`."""
    words = [str(entry["type"]).replace("_", " ").capitalize()]
    words += [str(entry[name]) for name in ("quantity", "symbol") if name in entry]
    if "amount" in entry:
        words.append(f"{'for ' if 'quantity' in entry else ''}{entry['amount']} {entry['currency']}")
    elif "price" in entry:
        words.append(f"at {entry['price']} {entry['currency']}")
    if "fee" in entry:
        words.append(f"with a fee of {entry['fee']} {entry['currency']}")
    return " ".join([*words, f"on {entry['date']} in {account} ({portfolio})"])


def _day(day: date | None) -> Date | None:
    return None if day is None else Date(year=day.year, month=day.month, day=day.day)


def _period(period: str | None) -> analytics_pb.Period.ValueType:
    return analytics_pb.Period.Value(f"PERIOD_{period.upper()}" if period else "PERIOD_UNSPECIFIED")


def _about(portfolio: portfolio_pb.Portfolio, result: JsonObject) -> JsonObject:
    head = {"id": portfolio.id, "name": portfolio.name, "base_currency": portfolio.base_currency}
    return {"portfolio": head, **result}


def _listed(plain: JsonObject, **names: str) -> JsonObject:
    return {names.get(key, key): value for key, value in plain.items()}
