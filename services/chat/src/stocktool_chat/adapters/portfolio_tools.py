"""Tools about the user's portfolios and ledgers."""

from __future__ import annotations

from collections.abc import Mapping

from google.protobuf.struct_pb2 import Struct
from stocktool.stock.v1 import analytics_service_pb2 as analytics_pb
from stocktool.stock.v1 import insights_pb2 as insights_pb
from stocktool.stock.v1 import portfolio_service_pb2 as pb
from stocktool.stock.v1 import stock_service_pb2 as market_pb
from stocktool.stock.v1 import trail_pb2 as trail_pb
from stocktool_kit.core.errors import InvalidArgument

from stocktool_chat.adapters import tool_arguments as args
from stocktool_chat.adapters.proto_json import to_plain
from stocktool_chat.adapters.stock_market_status import market_day
from stocktool_chat.adapters.tool_session import Session, Tool, about, wire_day
from stocktool_chat.domain.json_types import Json, JsonObject
from stocktool_chat.domain.proposals import Prepared

_PAGE = 500


async def list_portfolios(session: Session, _: args.NoArguments) -> JsonObject:
    """The user's portfolios."""
    return {"items": [to_plain(each, drop=("version",)) for each in await session.portfolios()]}


async def holdings(session: Session, wanted: args.Holdings) -> JsonObject:
    """What is held and its value."""
    portfolio = await session.portfolio(wanted.portfolio)
    request = pb.GetHoldingsRequest(portfolio_id=portfolio.id, as_of=wire_day(wanted.as_of))
    answer = await session.ask.portfolios.GetHoldings(request)
    return about(portfolio, to_plain(answer.holdings, drop=("lots", "portfolio_id")))


async def performance(session: Session, wanted: args.Performance) -> JsonObject:
    """Returns over a span."""
    portfolio = await session.portfolio(wanted.portfolio)
    request = analytics_pb.GetPerformanceRequest(
        portfolio_id=portfolio.id,
        start=wire_day(wanted.start),
        end=wire_day(wanted.end),
        period=args.wire_period(wanted.period),
        benchmark=wanted.benchmark or "",
    )
    answer = await session.ask.analytics.GetPerformance(request)
    return about(portfolio, to_plain(answer.performance, drop=("dates", "growth", "portfolio_id")))


async def risk(session: Session, wanted: args.Performance) -> JsonObject:
    """Risk over a span."""
    portfolio = await session.portfolio(wanted.portfolio)
    request = analytics_pb.GetRiskRequest(
        portfolio_id=portfolio.id,
        start=wire_day(wanted.start),
        end=wire_day(wanted.end),
        period=args.wire_period(wanted.period),
        benchmark=wanted.benchmark or "",
    )
    answer = await session.ask.analytics.GetRisk(request)
    return about(portfolio, to_plain(answer.risk, drop=("portfolio_id",)))


async def allocation(session: Session, wanted: args.Allocation) -> JsonObject:
    """The value in slices."""
    portfolio = await session.portfolio(wanted.portfolio)
    by = analytics_pb.AllocationBy.Value(f"ALLOCATION_BY_{(wanted.by or 'sector').upper()}")
    request = analytics_pb.GetAllocationRequest(portfolio_id=portfolio.id, by=by)
    answer = await session.ask.analytics.GetAllocation(request)
    return about(portfolio, to_plain(answer.allocation, drop=("portfolio_id",)))


async def contribution(session: Session, wanted: args.Contribution) -> JsonObject:
    """What each part gave to the return."""
    portfolio = await session.portfolio(wanted.portfolio)
    request = insights_pb.GetContributionRequest(
        portfolio_id=portfolio.id,
        start=wire_day(wanted.start),
        end=wire_day(wanted.end),
        period=args.short_period(wanted.period),
        by=insights_pb.ContributionBy.Value(f"CONTRIBUTION_BY_{(wanted.by or 'holding').upper()}"),
    )
    return about(portfolio, to_plain(await session.ask.analytics.GetContribution(request)))


async def income(session: Session, wanted: args.PortfolioRange) -> JsonObject:
    """Dividends and interest."""
    portfolio = await session.portfolio(wanted.portfolio)
    request = insights_pb.GetIncomeRequest(
        portfolio_id=portfolio.id, start=wire_day(wanted.start), end=wire_day(wanted.end)
    )
    plain = to_plain((await session.ask.analytics.GetIncome(request)).income, drop=("expected_payments",))
    return about(portfolio, plain)


async def tax_lots(session: Session, wanted: args.Realised) -> JsonObject:
    """What sales made, lot by lot."""
    portfolio = await session.portfolio(wanted.portfolio)
    request = insights_pb.GetRealisedRequest(
        portfolio_id=portfolio.id,
        start=wire_day(wanted.start),
        end=wire_day(wanted.end),
        symbol=wanted.symbol or "",
        page_size=20,
    )
    plain = to_plain((await session.ask.analytics.GetRealised(request)).realised, drop=("next_page_token",))
    return about(portfolio, plain)


async def explain(session: Session, wanted: args.Explain) -> JsonObject:
    """Where a figure came from."""
    portfolio = await session.portfolio(wanted.portfolio)
    request = analytics_pb.GetTrailRequest(
        portfolio_id=portfolio.id,
        figure=wanted.figure,
        symbol=wanted.symbol or "",
        start=wire_day(wanted.start),
        end=wire_day(wanted.end),
        period=args.wire_period(wanted.period),
        page_size=20,
    )
    return about(portfolio, to_plain((await session.ask.analytics.GetTrail(request)).trail))


async def transactions(session: Session, wanted: args.Transactions) -> JsonObject:
    """The newest ledger entries."""
    portfolio = await session.portfolio(wanted.portfolio)
    entries: list[pb.Transaction] = []
    token = ""
    while True:  # the ledger is listed oldest first, and the newest entries are wanted
        request = pb.ListTransactionsRequest(
            portfolio_id=portfolio.id, page_size=_PAGE, page_token=token, symbol=wanted.symbol or ""
        )
        answer = await session.ask.portfolios.ListTransactions(request)
        entries.extend(answer.items)
        token = answer.next_page_token
        if not token:
            break
    newest = entries[-(wanted.limit or 20) :][::-1]
    items: list[Json] = [to_plain(entry, drop=("sequence", "recorded_at", "reversed")) for entry in newest]
    return about(portfolio, {"total_count": len(entries), "items": items})


async def propose_transaction(session: Session, wanted: args.NewTransaction) -> Prepared:
    """An entry for the user to approve."""
    portfolio = await session.portfolio(wanted.portfolio)
    account = _account(portfolio, wanted.account)
    day = wanted.date or market_day(await session.ask.market.GetMarketStatus(market_pb.GetMarketStatusRequest()))
    given = wanted.model_dump(include={"symbol", "quantity", "price", "amount", "fee", "currency", "note"})
    entry: dict[str, Json] = {"type": wanted.type, "date": day.isoformat(), "account_id": account.id}
    entry |= {name: value for name, value in given.items() if value is not None}
    entry.setdefault("currency", account.currency)
    if wanted.type in ("buy", "sell") and wanted.symbol and not (wanted.price or wanted.amount):
        entry |= await _last_price(session, wanted.symbol)
    arguments: JsonObject = {"portfolio_id": portfolio.id, "transaction": entry}
    return Prepared(arguments, _proposed(entry, account.name, portfolio.name))


async def _last_price(session: Session, symbol: str) -> dict[str, Json]:
    answer = await session.ask.market.GetQuotes(market_pb.GetQuotesRequest(symbols=[symbol]))
    if not answer.quotes:
        raise InvalidArgument(f"no price of {symbol} is known; give the price paid")
    price = answer.quotes[0].price
    return {"price": price.amount, "currency": price.currency}


def _account(portfolio: pb.Portfolio, wanted: str | None) -> pb.Account:
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


TOOLS = (
    Tool("list_portfolios", "The user's portfolios with their accounts.",
         args.NoArguments, list_portfolios, pb.ListPortfoliosResponse),
    Tool("get_holdings", "What a portfolio holds: quantities, prices, values, unrealised gains, weights, cash, total.",
         args.Holdings, holdings, pb.Holdings, ("portfolio",)),
    Tool("get_performance", "A portfolio's time-weighted and money-weighted return, gain and net flows over a span, "
         "against a benchmark.", args.Performance, performance, analytics_pb.Performance, ("portfolio",)),
    Tool("get_risk", "A portfolio's volatility, Sharpe and Sortino ratio, drawdown, value at risk and beta over a "
         "span.", args.Performance, risk, analytics_pb.Risk, ("portfolio",)),
    Tool("get_allocation", "A portfolio's value in slices by sector, symbol, class, country, currency or account.",
         args.Allocation, allocation, analytics_pb.Allocation, ("portfolio",)),
    Tool("get_contribution", "What each holding, account, sector or currency gave to the portfolio's return over a "
         "span; the rows sum to it.",
         args.Contribution, contribution, insights_pb.GetContributionResponse, ("portfolio",)),
    Tool("get_income", "Dividends and interest received by month and holding, yields, and what may come in twelve "
         "months.", args.PortfolioRange, income, Struct, ("portfolio",)),
    Tool("get_tax_lots", "What sales made: each with the lots it took, how long they were held, short and long-term "
         "gain.", args.Realised, tax_lots, Struct, ("portfolio",)),
    Tool("explain_figure", "Where a figure of the portfolio came from: formula, lots, flows, prices and rates.",
         args.Explain, explain, trail_pb.Trail, ("portfolio",)),
    Tool("list_transactions", "The newest entries of a portfolio's ledger: purchases, sales, deposits, dividends.",
         args.Transactions, transactions, pb.ListTransactionsResponse, ("portfolio", "total_count")),
    Tool("propose_transaction", "Prepares an entry of the ledger for the user to approve: a purchase, sale, deposit, "
         "dividend or the like. Nothing is written until the user approves.", args.NewTransaction,
         propose_transaction, Prepared, cached=False),
)  # fmt: skip
