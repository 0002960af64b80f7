"""Settings of the rag service and its worker."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict
from stocktool_kit.config import ServiceSettings


class Settings(ServiceSettings):
    """Everything rag is told from outside, `STOCKTOOL_RAG_*`."""

    model_config = SettingsConfigDict(
        env_prefix="STOCKTOOL_RAG_", env_nested_delimiter="__", frozen=True, extra="ignore"
    )

    service: str = Field(default="rag", description="Name of the process in logs, traces and metrics.")
    documents_table: str = Field(default="stocktool-documents", description="DynamoDB table of documents.")
    audit_table: str = Field(default="stocktool-audit", description="DynamoDB table of audit events.")
    knowledge_bucket: str = Field(default="stocktool-knowledge", description="S3 bucket of originals and derived data.")
    ingest_queue: str = Field(default="ingest-queue", description="SQS queue of documents to be indexed.")
    s3_public_endpoint_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/]+$",
        description="Origin browsers reach S3 under, where it differs from ours; upload forms are signed for it.",
    )
    chroma_url: str = Field(pattern=r"^http://[^/:]+:[0-9]+$", description="Address of the Chroma server.")
    max_upload_bytes: int = Field(
        default=25_000_000, gt=0, description="Largest file in a request to the service itself."
    )
    max_form_upload_bytes: int = Field(default=100_000_000, gt=0, description="Largest file sent straight to storage.")
    exact_cache_bytes: int = Field(
        default=64 << 20, ge=0, description="Memory for vectors and texts that are searched without the index."
    )
    lexical_dir: str = Field(
        default="", description="Folder for the lexical indexes, a cache; empty: the system's folder for such files."
    )
    lexical_patience_seconds: float = Field(
        default=1.0, gt=0, description="How long a question waits for a lexical index that has to be filled first."
    )
    ingest_concurrency: int = Field(default=2, gt=0, description="Documents a worker handles at a time.")
    embed_threads: int = Field(
        default=2, gt=0, le=64, description="Passages a worker embeds at a time; as many as it has cores."
    )
    ingest_visibility_seconds: int = Field(
        default=60, ge=3, description="Time after which a dead worker's message is given to another one."
    )
    ingest_attempts: int = Field(
        default=5, gt=0, description="Deliveries after which the queue gives a message up; its redrive policy says so."
    )
    parser_memory_bytes: int = Field(default=1 << 30, gt=0, description="Memory of the process that reads a document.")
    parser_cpu_seconds: int = Field(default=60, gt=0, description="Its processor time.")
    parser_wall_seconds: float = Field(default=120.0, gt=0, description="Its time by the clock.")
