"""Trails on the wire. Amounts are decimal text with all their digits, at most twelve after the point."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from stocktool.common.v1 import money_pb2
from stocktool.stock.v1 import trail_pb2 as pb

from stocktool_stock.domain.book import Charge, Sale
from stocktool_stock.domain.exact import exact
from stocktool_stock.domain.income import IncomePayment
from stocktool_stock.domain.ledger import plain
from stocktool_stock.domain.lots import QUANTUM, Lot
from stocktool_stock.domain.trail import Trail, TrailCash, TrailEffect, TrailFlow, TrailPosition, TrailRate, TrailStep
from stocktool_stock.rpc.wire import to_date


def trail_message(trail: Trail) -> pb.Trail:
    """A trail."""
    tables, value = trail.tables, trail.value
    message = pb.Trail(
        figure=trail.figure,
        formula=trail.formula.text,
        formula_source=trail.formula.source,
        start=to_date(trail.start),
        end=to_date(trail.end),
        inputs={name: _text(n) if isinstance(n, Decimal) else repr(n) for name, n in trail.inputs.items()},
        positions=map(_position, tables.positions),
        cash=map(_cash, tables.cash),
        lots=map(_lot, tables.lots),
        sales=map(_sale, tables.sales),
        income=map(_income, tables.income),
        charges=map(_charge, tables.charges),
        flows=map(_flow, tables.flows),
        steps=map(_step, tables.steps),
        effects=map(_effect, tables.effects),
        rates=map(_rate, trail.rates),
        totals=trail.totals,
        conventions=trail.conventions,
        undefined=trail.undefined,
    )
    if isinstance(value, Decimal):
        message.amount.CopyFrom(money_pb2.Money(amount=_text(value), currency=trail.base_currency))
    elif value is not None:
        message.value = value
    return message


def _text(number: Decimal) -> str:
    with exact():
        return plain(number.quantize(QUANTUM, rounding=ROUND_HALF_EVEN))


def _position(row: TrailPosition) -> pb.TrailPosition:
    return pb.TrailPosition(
        as_of=to_date(row.as_of),
        account_id=row.account_id,
        symbol=row.symbol,
        quantity=plain(row.quantity),
        close=_text(row.close),
        split_factor=_text(row.split_factor),
        price_as_of=to_date(row.price_as_of),
        source=row.source,
        stale=row.stale,
        currency=row.currency,
        rate=_text(row.rate),
        value=_text(row.value),
    )


def _cash(row: TrailCash) -> pb.TrailCash:
    return pb.TrailCash(
        as_of=to_date(row.as_of),
        account_id=row.account_id,
        currency=row.currency,
        amount=_text(row.amount),
        rate=_text(row.rate),
        value=_text(row.value),
    )


def _lot(lot: Lot) -> pb.TrailLot:
    return pb.TrailLot(
        id=lot.id,
        account_id=lot.account_id,
        symbol=lot.symbol,
        date=to_date(lot.day),
        quantity=plain(lot.quantity),
        cost=_text(lot.cost),
        currency=lot.currency,
        cost_basis=_text(lot.base_cost),
    )


def _sale(sale: Sale) -> pb.TrailSale:
    return pb.TrailSale(
        transaction_id=sale.entry_id,
        date=to_date(sale.day),
        account_id=sale.account_id,
        symbol=sale.symbol,
        quantity=plain(sale.quantity),
        proceeds=_text(sale.proceeds),
        cost=_text(sale.cost),
        lots=map(_lot, sale.lots),
    )


def _income(payment: IncomePayment) -> pb.TrailIncome:
    return pb.TrailIncome(
        transaction_id=payment.entry_id,
        date=to_date(payment.day),
        account_id=payment.account_id,
        symbol=payment.symbol,
        gross=_text(payment.gross),
        tax=_text(payment.tax),
        fee=_text(payment.fee),
    )


def _charge(charge: Charge) -> pb.TrailCharge:
    return pb.TrailCharge(
        transaction_id=charge.entry_id,
        date=to_date(charge.day),
        account_id=charge.account_id,
        symbol=charge.symbol,
        fee=_text(charge.fee),
        tax=_text(charge.tax),
    )


def _flow(row: TrailFlow) -> pb.TrailFlow:
    return pb.TrailFlow(
        date=to_date(row.day),
        kind=row.kind,
        account_id=row.account_id,
        symbol=row.symbol,
        quantity=plain(row.quantity),
        amount=_text(row.amount),
        currency=row.currency,
        value=_text(row.value),
        transaction_id=row.transaction_id,
    )


def _step(row: TrailStep) -> pb.TrailStep:
    return pb.TrailStep(
        date=to_date(row.day),
        before=row.before,
        flow=row.flow,
        value=row.value,
        rate=row.rate,
        benchmark=row.benchmark,
    )


def _effect(row: TrailEffect) -> pb.TrailEffect:
    return pb.TrailEffect(
        date=to_date(row.day), before=row.before, gain=row.gain, rate=row.rate, coefficient=row.coefficient
    )


def _rate(row: TrailRate) -> pb.TrailRate:
    return pb.TrailRate(
        currency=row.currency,
        date=to_date(row.day),
        published=to_date(row.published),
        rate=_text(row.rate),
        source=row.source,
    )
