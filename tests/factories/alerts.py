"""Valid alerts for tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from stocktool_kit.core.ids import OwnerId, new_id
from stocktool_stock.domain.alert_rule_reader import read_rule
from stocktool_stock.domain.alerts import Alert

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
ME, OTHER = OwnerId("usr_me"), OwnerId("usr_other")

ABOVE_240 = {"kind": "price", "symbol": "AAPL", "above": "240"}


def an_alert(rule: object = ABOVE_240, owner: OwnerId = ME, **changes: Any) -> Alert:
    """An armed one-shot about Apple, unless told otherwise."""
    alert = Alert(new_id("alr"), owner, "Apple", read_rule(rule), NOW, NOW)
    return replace(alert, **changes)
