"""Errors of currency conversion."""

from __future__ import annotations

from stocktool_kit.core.errors import InvalidArgument


class UnknownCurrency(InvalidArgument):
    """The ECB publishes no reference rate for this currency."""

    reason = "UNKNOWN_CURRENCY"


class RateNotPublished(InvalidArgument):
    """No reference rate exists at or before this day."""

    reason = "RATE_NOT_PUBLISHED"
