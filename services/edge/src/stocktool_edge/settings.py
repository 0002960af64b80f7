"""What a plane gives the edge."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from stocktool_edge.table import Plane


class Certificates(BaseModel):
    """PEM files."""

    model_config = ConfigDict(frozen=True)

    certificate: Path = Field(description="Certificate chain.")
    key: Path = Field(description="Private key.")
    ca: Path | None = Field(default=None, description="Authorities the peer is checked against.")


class EdgeSettings(BaseSettings):
    """Addresses, limits and certificates of the edge; read from `STOCKTOOL_EDGE_*`."""

    model_config = SettingsConfigDict(
        env_prefix="STOCKTOOL_EDGE_", env_nested_delimiter="__", frozen=True, extra="forbid"
    )

    plane: Plane = Field(default=Plane.LAPTOP, description="Which plane's routes are rendered.")
    host: str = Field(default="127.0.0.1", description="Address the edge listens on.")
    port: int = Field(default=8080, gt=0, le=65535, description="The one port that faces out.")
    admin_port: int | None = Field(default=None, description="Envoy's own admin port on loopback; none: closed.")
    upstreams: dict[str, str] = Field(
        description='Addresses by name: {"auth-http": "127.0.0.1:8000", "auth-grpc": ..., "page": ..., "objects": ...}.'
    )
    bucket: str = Field(default="stocktool-knowledge", description="Bucket whose presigned paths are forwarded.")
    issuer: str = Field(default="stocktool", description="Issuer that access tokens must name.")
    audience: str = Field(default="stocktool", description="Audience that access tokens must name.")
    user_requests_per_second: int = Field(default=50, gt=0, description="Sustained requests of one user.")
    user_burst: int = Field(default=200, gt=0, description="Requests one user may save up.")
    sign_in_per_minute: int = Field(default=60, gt=0, description="Sign-in attempts of one address.")
    visitor_per_minute: int = Field(default=60, gt=0, description="Reads of one address without signing in.")
    max_connections: int = Field(default=4096, gt=0, description="Connections at a time; more are refused.")
    allowed_origins: tuple[str, ...] = Field(default=(), description="Other origins whose pages may call the API.")
    otlp_endpoint: str | None = Field(default=None, description="host:port that takes spans as OTLP over HTTP.")
    tls: Certificates | None = Field(default=None, description="Certificate shown to clients; none: plain HTTP.")
    mesh_tls: Certificates | None = Field(default=None, description="Mutual TLS towards the services.")
