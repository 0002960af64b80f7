"""Settings of the auth service."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict
from stocktool_kit.config import ServiceSettings


class Settings(ServiceSettings):
    """Everything auth is told from outside, `STOCKTOOL_AUTH_*`."""

    model_config = SettingsConfigDict(
        env_prefix="STOCKTOOL_AUTH_", env_nested_delimiter="__", frozen=True, extra="ignore"
    )

    service: str = Field(default="auth", description="Name of the process in logs, traces and metrics.")
    auth_address: str = Field(default="", description="Not used: this process is the auth service.")
    public_origin: str = Field(
        default="http://localhost:8080",
        pattern=r"^https?://[^/]+$",
        description="Origin browsers see; it decides the refresh cookie's name and whether it is Secure.",
    )
    proxy_hops: int = Field(
        default=1,
        ge=0,
        description="Proxies in front that append to X-Forwarded-For: 1 for the edge, 2 with a balancer before it.",
    )
    identity_table: str = Field(default="stocktool-identity", description="DynamoDB table of users and sessions.")
    audit_table: str = Field(default="stocktool-audit", description="DynamoDB table of audit events.")
    signing_keys_secret: str = Field(
        default="stocktool/signing-keys", description="Secrets Manager secret of the key ring; made at the first start."
    )
    hash_threads: int = Field(default=2, gt=0, description="Passwords hashed at a time; each takes 19 MiB.")
