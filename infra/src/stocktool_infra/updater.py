"""What the scheduled refresh is called, on AWS and in the code it runs; a test holds both against each other."""

from __future__ import annotations

from collections.abc import Mapping

FUNCTION = "stocktool-stock-updater"
"""Name of the Lambda function, of its schedule and, with `-dlq`, of the queue of what could not be started."""

HANDLER_MODULE, HANDLER_NAME = "stocktool_stock.bootstrap.updating", "handler"
HANDLER = f"{HANDLER_MODULE}.{HANDLER_NAME}"

SETTINGS_PREFIX = "STOCKTOOL_STOCK_"

CACHE_TABLE, PORTFOLIOS_TABLE, AUDIT_TABLE = "stocktool-stock-cache", "stocktool-portfolios", "stocktool-audit"

METRICS_NAMESPACE = "StockTool"
ARCHIVE_PREFIX = "bars/"

SCHEDULE = "cron(5 * * * ? *)"
"""Five minutes past each hour, UTC. What is fresh is not asked for again, so an hour without trading costs next to
nothing, and exchanges anywhere need no schedule of their own."""


def settings_of(values: Mapping[str, str]) -> dict[str, str]:
    """Settings of the stock service as its environment variables."""
    return {SETTINGS_PREFIX + name: value for name, value in values.items()}


# The emulator starts functions with an interpreter of its own; the code is the checkout's, found where it is installed.
# Its packages go first: the emulator has some of them in other versions.
EMULATED_CODE = f"""\
import os, site, sys
before = len(sys.path)
site.addsitedir(os.environ["STOCKTOOL_SITE_PACKAGES"])
sys.path[:] = sys.path[before:] + sys.path[:before]
from {HANDLER_MODULE} import {HANDLER_NAME}
"""
