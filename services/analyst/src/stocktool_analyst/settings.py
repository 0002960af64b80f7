"""Settings of the offline analyst."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read from `STOCKTOOL_ANALYST_*`; flags win."""

    model_config = SettingsConfigDict(env_prefix="STOCKTOOL_ANALYST_", frozen=True)

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    http_port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on.")
    words_per_second: float = Field(
        default=60.0, ge=0, description="Pace of streamed text, as a model writes; 0 for as fast as it goes."
    )
    embedder: str = Field(
        default="",
        description="Class of an installed embedder, as `module:Class`, by which questions that the rules do not"
        " understand are ranked; empty for none.",
    )
    log_level: str = Field(default="warning", description="Level of the error log.")
