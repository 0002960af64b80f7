from __future__ import annotations

from pathlib import Path

from stocktool_dev.watch import affected

SERVICES = Path("/repo/services")


def test_change_of_a_service_restarts_it_and_its_workers() -> None:
    changed = [SERVICES / "stock/src/stocktool_stock/domain/lots.py"]
    assert affected(changed, SERVICES) == ["stock", "stock-worker-analysis", "stock-worker-notify"]


def test_change_of_the_kit_restarts_everything() -> None:
    names = affected([SERVICES / "kit/src/stocktool_kit/aio.py"], SERVICES)
    assert {"auth", "stock", "rag", "chat", "admin", "rag-worker", "market", "analyst"} <= set(names)


def test_change_outside_the_services_restarts_nothing() -> None:
    assert affected([Path("/repo/docs/running.md")], SERVICES) == []
