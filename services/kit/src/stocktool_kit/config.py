"""Settings that every process has. Each service subclasses `ServiceSettings` with its own prefix."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class TlsSettings(BaseModel):
    """Certificates of one process; the same ones serve and call (mutual TLS)."""

    model_config = ConfigDict(frozen=True)

    certificate: Path = Field(description="PEM certificate chain; its SAN is spiffe://stocktool/<service>.")
    key: Path = Field(description="PEM private key of the certificate.")
    ca: Path = Field(description="PEM bundle of the authorities peers are checked against.")


class ServiceSettings(BaseSettings):
    """What a process of the mesh needs whatever its service is."""

    model_config = SettingsConfigDict(env_nested_delimiter="__", frozen=True, extra="ignore")

    service: str = Field(description="Name of the process in logs, traces and metrics.")
    host: str = Field(default="127.0.0.1", description="Address the process listens on.")
    http_port: int = Field(default=8000, ge=0, le=65535, description="Port of the HTTP API.")
    grpc_port: int = Field(default=9000, ge=0, le=65535, description="Port of the gRPC API.")
    ops_port: int = Field(default=9090, ge=0, le=65535, description="Port of /livez, /readyz and /metrics; plaintext.")
    auth_address: str = Field(description="gRPC target of the auth service.")
    push_target: str | None = Field(default=None, description="gRPC target of the pods that hold browsers' sockets.")
    token_issuer: str = Field(default="stocktool", description="Issuer that access tokens must name.")
    token_audience: str = Field(default="stocktool", description="Audience that access tokens must name.")
    service_token_secret: SecretStr | None = Field(
        default=None, min_length=32, description="Shared secret behind service identities where there is no mutual TLS."
    )
    tls: TlsSettings | None = Field(default=None, description="Certificates; without them the ports are plaintext.")
    log_level: str = Field(default="INFO", description="Lowest level that is logged.")
    drain_seconds: float = Field(default=15.0, gt=0, description="Time for work in flight after SIGTERM.")
    traces_dir: Path | None = Field(default=None, description="Folder for spans as OTLP lines; none: no file sink.")
    cloudwatch_metrics: bool = Field(default=False, description="Send the five metrics by PutMetricData.")
    cloudwatch_metrics_seconds: float = Field(default=60.0, gt=0, description="Interval of PutMetricData.")
    cloudwatch_logs: bool = Field(default=False, description="Send logs by PutLogEvents.")
    max_body_bytes: int = Field(default=1_000_000, gt=0, description="Largest request body of ordinary routes.")
    max_concurrent_rpcs: int = Field(default=256, gt=0, description="RPCs served at once; more are refused.")
    blocking_threads: int = Field(default=16, gt=0, description="Threads for SDKs that block.")
