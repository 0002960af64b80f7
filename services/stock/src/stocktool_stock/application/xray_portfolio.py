"""The X-ray of a portfolio: every rule, what it found, and the positions behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from stocktool_kit.core.ids import OwnerId

from stocktool_stock.application.portfolio_picture import Picture, ReadPicture
from stocktool_stock.application.portfolio_plans import KeepTargets, KeepThresholds
from stocktool_stock.application.portfolio_reader import PRICE_BASIS, PortfolioReader
from stocktool_stock.domain.daily import DailyValuer, grid
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.mix import CONVENTIONS as MIX_CONVENTIONS
from stocktool_stock.domain.mix import mix_risk
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId
from stocktool_stock.domain.returns import daily_returns, growth
from stocktool_stock.domain.risk import Figure, drawdowns
from stocktool_stock.domain.targets import Targets
from stocktool_stock.domain.tradable import drift_of, groups_of, tradable_of
from stocktool_stock.domain.valuation import Valuation
from stocktool_stock.domain.xray import Finding, Thresholds
from stocktool_stock.domain.xray_findings import Examined, examine

CONVENTIONS: Mapping[str, str] = {
    **MIX_CONVENTIONS,
    "states": "fail beyond the limit, warn beyond the limit to warn, else pass; unknown where data are missing",
    "weights": "parts of the total, cash in it",
    "price_basis": PRICE_BASIS,
}


@dataclass(frozen=True, slots=True, eq=False)
class XRayReport:
    """The findings in the order of the rules."""

    portfolio: Portfolio
    as_of: date
    window_start: date | None
    benchmark: str
    valuation: Valuation
    findings: Sequence[Finding]
    thresholds: Thresholds
    left_out: Mapping[str, str]
    warnings: Sequence[str]
    conventions: Mapping[str, str] = field(default_factory=lambda: dict(CONVENTIONS))


class XRayPortfolio:
    """Examines portfolios; `benchmark` is compared with unless another is asked for."""

    def __init__(
        self,
        pictures: ReadPicture,
        reader: PortfolioReader,
        targets: KeepTargets,
        thresholds: KeepThresholds,
        benchmark: str,
    ) -> None:
        self._pictures = pictures
        self._reader = reader
        self._targets = targets
        self._thresholds = thresholds
        self._benchmark = benchmark

    async def __call__(
        self,
        owner: OwnerId,
        portfolio_id: PortfolioId,
        *,
        as_of: date | None = None,
        benchmark: str | None = None,
        thresholds: Thresholds | None = None,
    ) -> XRayReport:
        """Examine one.

        Args:
            owner: Whose it is.
            portfolio_id: Which.
            as_of: Its day, by default and at most the market's today.
            benchmark: Symbol for beta; None for the usual one, empty for none.
            thresholds: Those of this request, which go before the kept ones.

        Raises:
            InvalidArgument: The benchmark is not known, or the thresholds contradict the kept ones.
            PortfolioNotFound: None by this id is the owner's.
        """
        kept = await self._thresholds.get(owner, portfolio_id)
        limits = kept.thresholds if thresholds is None else kept.thresholds.over(thresholds)
        limits = Thresholds.read(limits.changed)
        stored = await self._targets.find(owner, portfolio_id)
        against = self._benchmark if benchmark is None else benchmark
        also = [against] if against else []
        picture = await self._pictures(owner, portfolio_id, as_of=as_of, also=also, unprofiled=also)
        if benchmark:
            picture.require(benchmark, "benchmark")
        findings = examine(
            Examined(
                valuation=picture.valuation,
                book=picture.book,
                kinds=picture.kinds,
                table=picture.table,
                mix=mix_risk(picture.valuation, picture.table, benchmark=picture.benchmark(against)),
                drawdown=await self._drawdown(picture),
                drift=_drift(picture, stored.targets if stored else None),
            ),
            limits,
        )
        held = {holding.symbol for holding in picture.valuation.holdings}
        return XRayReport(
            portfolio=picture.portfolio,
            as_of=picture.day,
            window_start=picture.window_start,
            benchmark=against,
            valuation=picture.valuation,
            findings=findings,
            thresholds=limits,
            left_out={name: why for name, why in picture.table.left_out.items() if name in held or name == against},
            warnings=picture.warnings(),
        )

    async def _drawdown(self, picture: Picture) -> Figure:
        """How far the index of time-weighted daily returns since the first entry lies under its high."""
        book, material = picture.book, picture.material
        if book.first_day is None or book.first_day >= picture.day:
            return Undefined("the ledger has no day before this one")
        ever = set(book.symbols)
        held = {symbol: bars for symbol, bars in material.bars.items() if symbol in ever}
        days = grid(list(held.values()), book.first_day, picture.day, [flow.day for flow in book.flows])
        fx = await self._reader.fx_columns(material, book, days)
        daily = DailyValuer(book, days, held, fx, picture.rates).values()
        index = growth(daily_returns(daily.values, daily.flows))
        return float(-drawdowns(index)[-1]) if len(index) > 1 else Undefined("there are no daily returns")


def _drift(picture: Picture, targets: Targets | None) -> Mapping[str, float] | Undefined:
    if targets is None:
        return Undefined("the portfolio has no targets")
    scope = tradable_of(picture.valuation, picture.book, picture.material.bars, picture.rates)
    drift = drift_of(groups_of(scope, targets, picture.kinds, scope.cash))
    return drift or Undefined("the portfolio's total is not above zero")
