"""What seals users' secrets at rest. A module of its own: the worker of notifications loads nothing of the market."""

from __future__ import annotations

from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.sealing import Sealer
from stocktool_kit.aws.secret import Secret
from stocktool_kit.core.clock import SystemClock
from stocktool_kit.process import Runtime

from stocktool_stock.settings import Settings

_DESCRIPTION = "StockTool: keys that seal the secrets of users' webhooks"


def sealer_of(runtime: Runtime[Settings]) -> Sealer:
    """Seals what users entrust to us, such as the secrets of their webhooks."""
    return Sealer(Secret(runtime.aws, runtime.settings.sealing_keys_secret, _DESCRIPTION), runtime.clock)


async def rotate_sealing_key(settings: Settings) -> str:
    """Add the next key, and say in a line from when it seals; no part of the mesh needs to run."""
    aws = AwsClients()
    try:
        key_id = await Sealer(Secret(aws, settings.sealing_keys_secret, _DESCRIPTION), SystemClock()).rotate()
    finally:
        aws.close()
    return f"{key_id} seals within five minutes; what older keys sealed they open"
