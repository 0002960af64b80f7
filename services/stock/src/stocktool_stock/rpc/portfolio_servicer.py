"""`PortfolioService` on the wire."""

from __future__ import annotations

from stocktool.stock.v1 import portfolio_service_pb2 as pb
from stocktool.stock.v1 import portfolio_service_pb2_grpc as pb_grpc
from stocktool_kit.core.caller import current_caller
from stocktool_kit.core.money import Money
from stocktool_kit.rpc.idempotency import idempotency_key

from stocktool_stock.application.portfolio_uses import PortfolioUses
from stocktool_stock.application.value_portfolio import HoldingsReport
from stocktool_stock.domain.exact import Undefined, exact, number_or_none
from stocktool_stock.domain.ledger import Draft, Entry, EntryType, LotDraft, plain, ratio_text
from stocktool_stock.domain.lots import CostMethod, Lot
from stocktool_stock.domain.portfolio import NewAccount, Portfolio, PortfolioId
from stocktool_stock.domain.valuation import NO_PRICE, Holding
from stocktool_stock.rpc.wire import (
    Context,
    from_date,
    maybe_money,
    page_of,
    to_date,
    to_money,
    to_timestamp,
    to_unit_price,
)

_METHODS = {
    CostMethod.FIFO: pb.COST_METHOD_FIFO,
    CostMethod.LIFO: pb.COST_METHOD_LIFO,
    CostMethod.HIFO: pb.COST_METHOD_HIFO,
    CostMethod.AVERAGE: pb.COST_METHOD_AVERAGE,
}
_FROM_METHOD = {wire: method for method, wire in _METHODS.items()}
_TYPES = {each: pb.TransactionType.Value(f"TRANSACTION_TYPE_{each.name}") for each in EntryType}
_FROM_TYPE = {wire: each for each, wire in _TYPES.items()}


class PortfolioServicer(pb_grpc.PortfolioServiceServicer):
    """Converts, calls, converts."""

    def __init__(self, uses: PortfolioUses) -> None:
        self._uses = uses

    async def CreatePortfolio(self, request: pb.CreatePortfolioRequest, context: Context) -> pb.CreatePortfolioResponse:
        """Create a portfolio."""
        portfolio = await self._uses.create(
            current_caller(),
            name=request.name,
            base_currency=request.base_currency,
            accounts=[NewAccount(account.name, account.currency) for account in request.accounts],
            cost_method=_FROM_METHOD.get(request.cost_method, CostMethod.FIFO),
            key=idempotency_key("CreatePortfolio", request),
        )
        return pb.CreatePortfolioResponse(portfolio=_portfolio(portfolio))

    async def ListPortfolios(self, request: pb.ListPortfoliosRequest, context: Context) -> pb.ListPortfoliosResponse:
        """List portfolios."""
        page = await self._uses.read.list(current_caller(), page_of(request.page_size, request.page_token))
        return pb.ListPortfoliosResponse(items=map(_portfolio, page.items), next_page_token=page.next_page_token)

    async def GetPortfolio(self, request: pb.GetPortfolioRequest, context: Context) -> pb.GetPortfolioResponse:
        """Read a portfolio."""
        portfolio = await self._uses.read.get(current_caller(), PortfolioId(request.portfolio_id))
        return pb.GetPortfolioResponse(portfolio=_portfolio(portfolio))

    async def UpdatePortfolio(self, request: pb.UpdatePortfolioRequest, context: Context) -> pb.UpdatePortfolioResponse:
        """Change a portfolio."""
        portfolio = await self._uses.update(
            current_caller(),
            PortfolioId(request.portfolio_id),
            name=request.name if request.HasField("name") else None,
            cost_method=_FROM_METHOD.get(request.cost_method),
            add_accounts=[NewAccount(account.name, account.currency) for account in request.add_accounts],
            version=request.version if request.HasField("version") else None,
            key=idempotency_key("UpdatePortfolio", request),
        )
        return pb.UpdatePortfolioResponse(portfolio=_portfolio(portfolio))

    async def DeletePortfolio(self, request: pb.DeletePortfolioRequest, context: Context) -> pb.DeletePortfolioResponse:
        """Delete a portfolio."""
        await self._uses.delete(current_caller(), PortfolioId(request.portfolio_id))
        return pb.DeletePortfolioResponse()

    async def RecordTransactions(
        self, request: pb.RecordTransactionsRequest, context: Context
    ) -> pb.RecordTransactionsResponse:
        """Append entries."""
        recorded = await self._uses.record(
            current_caller(),
            PortfolioId(request.portfolio_id),
            [_draft(item) for item in request.items],
            key=idempotency_key("RecordTransactions", request),
        )
        return pb.RecordTransactionsResponse(items=map(_transaction, recorded.entries), version=recorded.version)

    async def ListTransactions(
        self, request: pb.ListTransactionsRequest, context: Context
    ) -> pb.ListTransactionsResponse:
        """List entries."""
        page = await self._uses.list_transactions(
            current_caller(),
            PortfolioId(request.portfolio_id),
            page_of(request.page_size, request.page_token),
            symbol=request.symbol,
            include_reversed=request.include_reversed,
        )
        return pb.ListTransactionsResponse(items=map(_transaction, page.items), next_page_token=page.next_page_token)

    async def DeleteTransaction(
        self, request: pb.DeleteTransactionRequest, context: Context
    ) -> pb.DeleteTransactionResponse:
        """Take an entry back."""
        await self._uses.delete_transaction(current_caller(), PortfolioId(request.portfolio_id), request.transaction_id)
        return pb.DeleteTransactionResponse()

    async def GetHoldings(self, request: pb.GetHoldingsRequest, context: Context) -> pb.GetHoldingsResponse:
        """Value what is held."""
        report = await self._uses.value(
            current_caller().owner, PortfolioId(request.portfolio_id), as_of=from_date(request, "as_of")
        )
        return pb.GetHoldingsResponse(holdings=_holdings(report))


def _portfolio(portfolio: Portfolio) -> pb.Portfolio:
    return pb.Portfolio(
        id=portfolio.id,
        name=portfolio.name,
        base_currency=portfolio.base_currency,
        accounts=[pb.Account(id=a.id, name=a.name, currency=a.currency) for a in portfolio.accounts],
        cost_method=_METHODS[portfolio.cost_method],
        version=portfolio.version,
        created_at=to_timestamp(portfolio.created_at),
    )


def _draft(item: pb.NewTransaction) -> Draft:
    return Draft(
        type=_FROM_TYPE[item.type].value,
        day=from_date(item, "date"),
        symbol=item.symbol or None,
        quantity=item.quantity or None,
        price=item.price or None,
        amount=item.amount or None,
        amount_per_share=item.amount_per_share or None,
        fee=item.fee or None,
        tax=item.tax or None,
        currency=item.currency or None,
        ratio=item.ratio or None,
        account_id=item.account_id or None,
        note=item.note or None,
        fee_currency=item.fee_currency or None,
        tax_currency=item.tax_currency or None,
        lots=[LotDraft(choice.lot_id, choice.quantity) for choice in item.lots],
        acquired=from_date(item, "acquired"),
        cost_basis=item.cost_basis or None,
        to_account_id=item.to_account_id or None,
        new_symbol=item.new_symbol or None,
        cost_fraction=item.cost_fraction or None,
    )


def _transaction(entry: Entry) -> pb.Transaction:
    numbers = {
        "quantity": entry.quantity,
        "price": entry.price,
        "amount": entry.amount,
        "amount_per_share": entry.amount_per_share,
        "fee": entry.fee or None,
        "tax": entry.tax or None,
        "fx_rate": entry.fx_rate,
        "cost_basis": entry.cost_basis,
        "cost_fraction": entry.cost_fraction,
    }
    message = pb.Transaction(
        id=entry.id,
        date=to_date(entry.day),
        type=_TYPES[entry.type],
        symbol=entry.symbol,
        currency=entry.currency,
        ratio="" if entry.ratio is None else ratio_text(entry.ratio),
        account_id=entry.account_id,
        note=entry.note,
        sequence=entry.sequence,
        reversed=bool(entry.reversed_by),
        recorded_at=to_timestamp(entry.recorded_at),
        fee_currency=entry.fee_currency,
        tax_currency=entry.tax_currency,
        lots=[pb.LotChoice(lot_id=choice.lot_id, quantity=plain(choice.quantity)) for choice in entry.lots],
        acquired=None if entry.acquired is None else to_date(entry.acquired),
        to_account_id=entry.to_account_id,
        new_symbol=entry.new_symbol,
    )
    for name, number in numbers.items():
        if number is not None:
            setattr(message, name, plain(number))
    return message


def _lot(lot: Lot, base_currency: str) -> pb.Lot:
    with exact():
        price = to_unit_price(lot.cost / lot.quantity, lot.currency)
    return pb.Lot(
        id=lot.id,
        account_id=lot.account_id,
        date=to_date(lot.day),
        quantity=plain(lot.quantity),
        price=price,
        cost_basis=to_money(Money(lot.base_cost, base_currency)),
    )


def _holding(holding: Holding) -> pb.Holding:
    figures = {"unrealised_return": holding.unrealised_return, "weight": holding.weight}
    undefined = {name: figure.reason for name, figure in figures.items() if isinstance(figure, Undefined)}
    price = holding.price
    if price is None:
        undefined |= dict.fromkeys(("price", "market_value", "unrealised"), NO_PRICE)
    return pb.Holding(
        symbol=holding.symbol,
        quantity=plain(holding.quantity),
        cost_basis=to_money(holding.cost_basis),
        price=None if price is None else to_unit_price(price.price.amount, price.price.currency),
        price_as_of=None if price is None else to_date(price.day),
        stale=price is None or price.stale,
        market_value=maybe_money(holding.market_value),
        unrealised=maybe_money(holding.unrealised),
        unrealised_return=number_or_none(holding.unrealised_return),
        weight=number_or_none(holding.weight),
        price_effect=maybe_money(holding.price_effect),
        currency_effect=maybe_money(holding.currency_effect),
        lots=[_lot(lot, holding.cost_basis.currency) for lot in holding.lots],
        undefined=undefined,
    )


def _holdings(report: HoldingsReport) -> pb.Holdings:
    valuation = report.valuation
    return pb.Holdings(
        portfolio_id=report.portfolio.id,
        as_of=to_date(valuation.as_of),
        items=map(_holding, valuation.holdings),
        cash=[to_money(amount) for amount in valuation.cash],
        cash_value=to_money(valuation.cash_value),
        total=to_money(valuation.total),
        stale_prices=valuation.stale_prices,
        unpriced=valuation.unpriced,
        realised=to_money(report.realised),
        income=to_money(report.income),
        unbooked_splits=[
            pb.UnbookedSplit(symbol=symbol, date=to_date(split.ex_date), ratio=plain(split.ratio))
            for symbol, split in valuation.unbooked_splits
        ],
        conventions=dict(report.conventions),
        warnings=report.warnings,
        cost_basis=to_money(valuation.cost_basis),
        unrealised=to_money(valuation.unrealised),
    )
