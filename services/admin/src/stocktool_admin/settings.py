"""Settings of the admin service."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict
from stocktool_kit.config import ServiceSettings


class Settings(ServiceSettings):
    """Everything admin is told from outside, `STOCKTOOL_ADMIN_*`."""

    model_config = SettingsConfigDict(
        env_prefix="STOCKTOOL_ADMIN_", env_nested_delimiter="__", frozen=True, extra="ignore"
    )

    service: str = Field(default="admin", description="Name of the process in logs, traces and metrics.")
    stock_address: str = Field(description="gRPC target of the stock service.")
    rag_address: str = Field(description="gRPC target of the rag service.")
    chat_address: str = Field(description="gRPC target of the chat service.")
    worker_ops_urls: dict[str, str] = Field(
        default_factory=dict,
        description='Operations addresses of workers by name, as JSON: {"stock-worker": "http://127.0.0.1:9191"}.',
    )
    audit_table: str = Field(default="stocktool-audit", description="DynamoDB table of audit events.")
    config_table: str = Field(default="stocktool-config", description="DynamoDB table of flags.")
    knowledge_bucket: str = Field(
        default="stocktool-knowledge", description="S3 bucket of evaluations (`reports/evaluations/`)."
    )
    queues: tuple[str, ...] = Field(
        default=("analysis-queue", "ingest-queue", "notify-queue"),
        description="Queues that are shown and measured, as JSON; each has its `<name>-dlq`.",
    )
