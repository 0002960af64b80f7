"""What the X-ray's rules find in a portfolio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from stocktool_kit.core.money import Money

from stocktool_stock.domain.allocation import CASH, FUNDS, UNKNOWN, AllocationBy, Kind, Slice, allocate
from stocktool_stock.domain.book import Book
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.mix import MixRisk, ReturnTable, related_groups
from stocktool_stock.domain.risk import Figure
from stocktool_stock.domain.valuation import Holding, Valuation
from stocktool_stock.domain.xray import RULES, Behind, Finding, Thresholds

_MOST_BEHIND = 20
_APART = frozenset({CASH, FUNDS, UNKNOWN})
_NOTHING = Undefined("the portfolio's total is not above zero")


@dataclass(frozen=True, slots=True, eq=False)
class Examined:
    """What is looked at.

    Attributes:
        drawdown: How far the growth index lies under its high, 0 or more.
        drift: Weight less target by slice, undefined without targets.
    """

    valuation: Valuation
    book: Book
    kinds: Mapping[str, Kind]
    table: ReturnTable
    mix: MixRisk
    drawdown: Figure
    drift: Mapping[str, float] | Undefined


@dataclass(frozen=True, slots=True)
class _Measured:
    value: Figure
    behind: Sequence[Behind] = ()


def examine(it: Examined, thresholds: Thresholds) -> tuple[Finding, ...]:
    """Apply every rule, in their order."""
    measured = _Measures(it, thresholds).all()
    return tuple(
        Finding(thresholds.rule(rule.id), measured[rule.id].value, tuple(measured[rule.id].behind[:_MOST_BEHIND]))
        for rule in RULES
    )


class _Measures:
    """Measures one portfolio; one use."""

    def __init__(self, it: Examined, thresholds: Thresholds) -> None:
        self._it = it
        self._thresholds = thresholds
        self._valuation = it.valuation
        self._total = it.valuation.total.amount

    def all(self) -> dict[str, _Measured]:
        """Every rule's measure by its id."""
        return {**self._weights(), **self._slices(), **self._data(), **self._risk(), **self._accounts()}

    def _part(self, amount: Decimal) -> Figure:
        return float(amount / self._total) if self._total > 0 else _NOTHING

    def _priced(self) -> list[tuple[Holding, Money]]:
        return [(h, h.market_value) for h in self._valuation.holdings if h.market_value is not None]

    def _behind(self, holding: Holding, value: Money, figure: float | None = None) -> Behind:
        weight = float(value.amount / self._total) if self._total > 0 else 0.0
        return Behind(holding.symbol, weight if figure is None else figure, value)

    def _weights(self) -> dict[str, _Measured]:
        priced = self._priced()
        if self._total <= 0:
            return dict.fromkeys(
                ("single_holding", "top_five", "tiny_positions", "single_loss", "cash_drag", "fees"),
                _Measured(_NOTHING),
            )
        by_weight = [self._behind(holding, value) for holding, value in priced]
        tiny = [each for each in by_weight if 0 <= each.figure < self._thresholds.parameter("tiny_weight")]
        losses = [
            self._behind(holding, value, -gain)
            for holding, value in priced
            if not isinstance(gain := holding.unrealised_return, Undefined) and gain < 0
        ]
        losses.sort(key=lambda each: (-each.figure, each.key))
        limit = self._thresholds.rule("single_loss").warn
        cash = self._valuation.cash_value
        return {
            "single_holding": _Measured(max((b.figure for b in by_weight), default=0.0), by_weight[:1]),
            "top_five": _Measured(sum(b.figure for b in by_weight[:5]), by_weight[:5]),
            "tiny_positions": _Measured(float(len(tiny)), tiny),
            "single_loss": _Measured(
                losses[0].figure if losses else 0.0, [each for each in losses if each.figure > limit] or losses[:1]
            ),
            "cash_drag": _Measured(self._part(cash.amount), [Behind(CASH, float(cash.amount / self._total), cash)]),
            "fees": self._fees(),
        }

    def _fees(self) -> _Measured:
        if self._it.book.first_day is None:
            return _Measured(Undefined("the ledger has no entries"))
        years = max((self._valuation.as_of - self._it.book.first_day).days / 365.25, 1.0)
        paid = Money(self._it.book.fees, self._valuation.total.currency)
        return _Measured(float(paid.amount / self._total) / years, [Behind("fees", years, paid)])

    def _cut(self, by: AllocationBy) -> tuple[Slice, ...] | Undefined:
        return allocate(self._valuation, by, self._it.book.portfolio, self._it.kinds)

    def _slices(self) -> dict[str, _Measured]:
        result: dict[str, _Measured] = {}
        for name, by in (("sector", AllocationBy.SECTOR), ("country", AllocationBy.COUNTRY)):
            slices = self._cut(by)
            if isinstance(slices, Undefined):
                result[name] = _Measured(slices)
                continue
            known = [part for part in slices if part.key not in _APART]
            if not known and any(part.key != CASH for part in slices):
                result[name] = _Measured(Undefined(f"no holding's {name} is known"))
                continue
            behind = [Behind(part.key, part.weight, part.value) for part in known[:1]]
            behind += self._members(known[0].symbols) if known else []
            result[name] = _Measured(known[0].weight if known else 0.0, behind)
        base = self._valuation.total.currency
        currencies = self._cut(AllocationBy.CURRENCY)
        if isinstance(currencies, Undefined):
            result["currency"] = result["unknown_sector"] = _Measured(currencies)
            return result
        foreign = [Behind(part.key, part.weight, part.value) for part in currencies if part.key != base]
        result["currency"] = _Measured(sum(each.figure for each in foreign), foreign)
        unknown = [h.symbol for h, _ in self._priced() if not self._it.kinds.get(h.symbol, Kind()).sector]
        behind = self._members(unknown)
        result["unknown_sector"] = _Measured(sum(each.figure for each in behind), behind)
        return result

    def _members(self, symbols: Sequence[str]) -> list[Behind]:
        wanted = set(symbols)
        return [self._behind(holding, value) for holding, value in self._priced() if holding.symbol in wanted]

    def _data(self) -> dict[str, _Measured]:
        stale = [(h, v) for h, v in self._priced() if h.price is not None and h.price.stale]
        worth = sum((value.amount for _, value in stale), Decimal(0))
        splits = self._valuation.unbooked_splits
        return {
            "stale_prices": _Measured(self._part(worth), [self._behind(h, v) for h, v in stale]),
            "unpriced": _Measured(
                float(len(self._valuation.unpriced)),
                [Behind(h.symbol, float(h.quantity)) for h in self._valuation.holdings if h.price is None],
            ),
            "unbooked_splits": _Measured(
                float(len(splits)), [Behind(symbol, float(split.ratio)) for symbol, split in splits]
            ),
        }

    def _risk(self) -> dict[str, _Measured]:
        mix, figures = self._it.mix, self._it.mix.figures
        var = figures["var95_hist"]
        heaviest = [self._behind(holding, value) for holding, value in self._priced()[:5]]
        parts = mix.contribution
        shared: _Measured
        if isinstance(parts, Undefined):
            shared = _Measured(parts)
            risky = heaviest
        else:
            values = {holding.symbol: value for holding, value in self._priced()}
            risky = [Behind(n, share, values.get(n)) for n, share in sorted(parts.items(), key=lambda p: (-p[1], p[0]))]
            shared = _Measured(risky[0].figure, risky[:1])
        return {
            "correlation_cluster": self._cluster(),
            "drawdown": _Measured(self._it.drawdown, heaviest),
            "volatility": _Measured(figures["volatility"], risky[:5]),
            "value_at_risk": _Measured(var if isinstance(var, Undefined) else max(-var, 0.0), risky[:5]),
            "beta": _Measured(figures["beta"], heaviest),
            "effective_number": _Measured(figures["effective_number"], heaviest),
            "single_risk": shared,
        }

    def _cluster(self) -> _Measured:
        if self._total <= 0:
            return _Measured(_NOTHING)
        if self._it.table.n_returns < 2:
            return _Measured(Undefined("needs at least two daily returns"))
        held = [holding.symbol for holding, _ in self._priced()]
        if not any(symbol in self._it.table.returns for symbol in held):
            return _Measured(Undefined("nothing that is held has enough prices"))
        groups = [self._members(g) for g in related_groups(self._it.table, held, self._level())]
        heaviest = max(groups, key=lambda group: sum(each.figure for each in group), default=[])
        return _Measured(sum(each.figure for each in heaviest), heaviest)

    def _level(self) -> float:
        return self._thresholds.parameter("correlation_level")

    def _accounts(self) -> dict[str, _Measured]:
        accounts, base = self._it.book.portfolio.accounts, self._valuation.total.currency
        names = {account.id: account.name for account in accounts}
        overdrawn = [
            Behind(f"{names.get(account_id, account_id)} {currency}", float(amount), Money(amount, currency))
            for (account_id, currency), amount in sorted(self._it.book.cash.items())
            if amount < 0
        ]
        single = _Measured(Undefined("there is one account only"))
        slices = self._cut(AllocationBy.ACCOUNT)
        if len(accounts) > 1:
            single = _Measured(slices) if isinstance(slices, Undefined) else _Measured(
                slices[0].weight, [Behind(slices[0].label, slices[0].weight, slices[0].value)]
            )  # fmt: skip
        drift = self._it.drift
        drifted = _Measured(drift) if isinstance(drift, Undefined) else _Measured(
            max((abs(each) for each in drift.values()), default=0.0),
            [
                Behind(key, each, Money(Decimal(repr(each)) * self._total, base))
                for key, each in sorted(drift.items(), key=lambda p: (-abs(p[1]), p[0]))
                if each
            ],
        )  # fmt: skip
        return {"negative_cash": _Measured(float(len(overdrawn)), overdrawn), "single_account": single,
                "target_drift": drifted}  # fmt: skip
