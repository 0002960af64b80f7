"""Settings of the stand-in, each also a flag of `stocktool-market serve`."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read from `STOCKTOOL_MARKET_*`; flags win."""

    model_config = SettingsConfigDict(env_prefix="STOCKTOOL_MARKET_", frozen=True)

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    http_port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    now: str = Field(
        default="2024-11-29T21:00:00Z",
        description="The market's now: an instant, or for a replay `<instant> from <real instant> x<speed>`.",
    )
    allow_faults: bool = Field(default=False, description="Let callers set the clock and ask for faults (tests only).")
    log_level: str = Field(default="warning", description="Level of the access and error log.")
