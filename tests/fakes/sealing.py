"""What seals in tests: the real thing, under a ring of the test's own in the emulator's Secrets Manager."""

from __future__ import annotations

from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.sealing import Sealer
from stocktool_kit.aws.secret import Secret
from stocktool_kit.core.clock import Clock, SystemClock


def a_sealer(aws: AwsClients, ring: str, clock: Clock | None = None) -> Sealer:
    """A sealer over the ring of this name; another one over the same name is another process."""
    return Sealer(Secret(aws, f"test/{ring}", "keys of a test"), clock or SystemClock())
