"""Spin-offs and mergers: shares that come out of others, with their days and cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction

from stocktool_stock.domain import lots as lot_rules
from stocktool_stock.domain.book import Position, Reorganisation
from stocktool_stock.domain.keeping import Keeping, ratio_of
from stocktool_stock.domain.ledger import Entry, NoFraction, NothingHeld
from stocktool_stock.domain.lots import CostMethod, Lot


class Reorganising(Keeping):
    """Books spin-offs and mergers."""

    def _spin_off(self, entry: Entry) -> None:
        """New shares come beside the old ones and take a part of their cost."""
        ratio, fraction = ratio_of(entry), entry.cost_fraction or Decimal(0)
        self._note_new_price(entry, fraction)
        for position in self._reorganised(entry):
            pairs = [lot_rules.spun_off(lot, entry.new_symbol, ratio, fraction) for lot in self.book.lots[position]]
            self.book.lots[position] = [kept for kept, _ in pairs]
            self._finish_reorganisation(entry, position, [new for _, new in pairs])

    def _merger(self, entry: Entry) -> None:
        """Old shares become new ones at their cost, less what cash took of it."""
        ratio = ratio_of(entry)
        self._note_new_price(entry, Decimal(1))
        for position in self._reorganised(entry):
            old = self.book.lots[position]
            self.book.lots[position] = []
            if entry.amount_per_share:
                old = lot_rules.averaged(old) if self._method is CostMethod.AVERAGE else old
                old = self._take_boot(entry, position, old, ratio)
            self._finish_reorganisation(
                entry, position, [lot_rules.exchanged(lot, entry.new_symbol, ratio) for lot in old]
            )

    def _reorganised(self, entry: Entry) -> list[Position]:
        positions = [(account, symbol) for account, symbol in self._positions(entry)]
        if not positions:
            raise NothingHeld(
                f"no {entry.symbol} is held on {entry.day}, so a {entry.type} has nothing to change",
                symbol=entry.symbol,
                date=entry.day,
            )
        return positions

    def _take_boot(self, entry: Entry, position: Position, old: Sequence[Lot], ratio: Fraction) -> list[Lot]:
        """Cash for each old share, lot by lot: a gain up to the cash counts, a loss does not, the rest lowers the cost.

        Source: Internal Revenue Code §§ 354, 356 and 358. Without the price of a new share they count as worth nothing
        here, so that cash lowers the cost first.
        """
        cash_each, worth = entry.amount_per_share or Decimal(0), entry.price or Decimal(0)
        kept: list[Lot] = []
        took: list[Lot] = []
        for lot in old:
            cash, value = cash_each * lot.quantity, worth * lot_rules.split_quantity(lot.quantity, ratio)
            to_lot = (
                self._cross(entry.currency, lot.currency, entry.day) if lot.currency != entry.currency else Decimal(1)
            )
            part = replace(
                lot,
                cost=_cost_of_boot(cash * to_lot, value * to_lot, lot.cost),
                base_cost=_cost_of_boot(self._to_base(cash, entry), self._to_base(value, entry), lot.base_cost),
            )
            took.append(part)
            kept.append(replace(lot, cost=lot.cost - part.cost, base_cost=lot.base_cost - part.base_cost))
        quantity = lot_rules.held(old)
        here = replace(entry, account_id=position[0])
        self._pay(here, cash_each * quantity)
        self._sold(entry, entry.symbol, quantity, self._to_base(cash_each * quantity, entry), took)
        return kept

    def _finish_reorganisation(self, entry: Entry, position: Position, new: Sequence[Lot]) -> None:
        """The new shares arrive, and a fraction of one goes for its cash."""
        account_id, symbol = position
        if entry.amount is not None:
            new = self._sell_fraction(entry, account_id, new)
        self._changed(position)
        self._receive(account_id, entry.new_symbol, new)
        self.book.reorganisations.append(
            Reorganisation(account_id, symbol, entry.new_symbol, entry.day, entry.type, lot_rules.held(new))
        )

    def _sell_fraction(self, entry: Entry, account_id: str, new: Sequence[Lot]) -> list[Lot]:
        total, cash = lot_rules.held(new), entry.gross
        fraction = total - total.to_integral_value(rounding=ROUND_FLOOR)
        if not fraction:
            raise NoFraction(
                f"{entry.new_symbol} comes to whole shares, so there is no cash in lieu of a fraction",
                symbol=entry.new_symbol,
                date=entry.day,
            )
        taken, left = lot_rules.take(new, fraction, self._method)
        self._pay(replace(entry, account_id=account_id), cash)
        self._sold(entry, entry.new_symbol, fraction, self._to_base(cash, entry), taken)
        return left

    def _note_new_price(self, entry: Entry, part: Decimal) -> None:
        """What a new share is worth where no market says: as the entry says, else by the last trade of the old one."""
        if entry.price:
            self.book.trade_prices[entry.new_symbol].append((entry.day, entry.price, entry.currency))
        trades = self.book.trade_prices.get(entry.symbol)
        if not trades:
            return
        last = trades[-1]
        old = last.price
        for split_day, ratio in {(s.day, s.ratio) for s in self.book.splits if s.symbol == entry.symbol}:
            if last.day < split_day:
                old = old * ratio.denominator / ratio.numerator
        ratio = ratio_of(entry)
        if not entry.price:
            cash = entry.amount_per_share or Decimal(0)
            cash = cash * self._cross(entry.currency, last.currency, entry.day) if cash else cash
            price = max(old * part - cash, Decimal(0)) * ratio.denominator / ratio.numerator
            if price:
                self.book.trade_prices[entry.new_symbol].append((entry.day, price, last.currency))
        if part < 1:
            self.book.trade_prices[entry.symbol].append((entry.day, old * (1 - part), last.currency))


def _cost_of_boot(cash: Decimal, worth: Decimal, cost: Decimal) -> Decimal:
    """How much of a lot's cost the cash of a merger takes; the cash beyond it is the gain that counts."""
    gain = min(max(cash + worth - cost, Decimal(0)), cash)
    return cash - gain
