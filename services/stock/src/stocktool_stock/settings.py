"""Settings of the stock service, its workers and its updater."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict
from stocktool_kit.config import ServiceSettings


class Settings(ServiceSettings):
    """Read from `STOCKTOOL_STOCK_*`."""

    model_config = SettingsConfigDict(env_prefix="STOCKTOOL_STOCK_")

    service: str = Field(default="stock", description="Name of the process in logs, traces and metrics.")

    # Market data
    stock_cache_table: str = Field(default="stocktool-stock-cache", description="DynamoDB table of cached market data.")
    market_now: str = Field(
        default="",
        description="The market's now: empty (real time), an instant, or '<instant> from <instant> x<speed>' (replay).",
    )
    providers: str = Field(
        default="yahoo,archive",
        description="Providers in the order in which they are asked: yahoo, tiingo (US listings, with a key of yours), "
        "and archive for closes we kept.",
    )
    yahoo_base_url: str = Field(
        default="", description="Where `https://HOST/path` of Yahoo is asked as `<url>/HOST/path`; empty: Yahoo itself."
    )
    yahoo_timeout_seconds: float = Field(default=8.0, gt=0, description="Limit of one call to Yahoo.")
    yahoo_calls_per_second: float = Field(default=2.0, gt=0, description="Budget of calls to Yahoo of all processes.")
    yahoo_burst: int = Field(default=20, gt=0, description="Calls to Yahoo at once after a pause.")
    yahoo_threads: int = Field(default=6, gt=0, description="Calls to Yahoo at a time.")
    tiingo_api_key: SecretStr | None = Field(
        default=None, description="Key of Tiingo's API; its terms are between you and Tiingo."
    )
    tiingo_base_url: str = Field(default="https://api.tiingo.com", description="Where Tiingo is asked.")
    tiingo_timeout_seconds: float = Field(default=8.0, gt=0, description="Limit of one call to Tiingo.")
    tiingo_calls_per_second: float = Field(default=0.5, gt=0, description="Budget of calls to Tiingo of each process.")
    quote_fresh_seconds: float = Field(default=300.0, gt=0, description="Age up to which a quote is not refreshed.")
    bars_fresh_seconds: float = Field(default=900.0, gt=0, description="Age up to which history is not refreshed.")
    stream_poll_seconds: float = Field(default=5.0, gt=0, description="Interval of live quotes on the socket.")

    knowledge_bucket: str = Field(
        default="stocktool-knowledge", description="S3 bucket of archived bars (`bars/`) and reports (`reports/`)."
    )

    s3_public_endpoint_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/]+$",
        description="Origin browsers reach S3 under, where it differs from ours; downloads are signed for it.",
    )

    # Portfolios
    portfolios_table: str = Field(default="stocktool-portfolios", description="DynamoDB table of portfolios and jobs.")
    audit_table: str = Field(default="stocktool-audit", description="DynamoDB table of audit entries.")
    analysis_queue: str = Field(default="analysis-queue", description="SQS queue of background analyses.")
    analysis_visibility_seconds: int = Field(
        default=60, ge=3, description="Time after which a dead worker's analysis is given to another one."
    )
    notify_queue: str = Field(default="notify-queue", description="SQS queue of notifications to deliver.")
    outbox_idle_seconds: float = Field(default=1.0, gt=0, description="Pause of an outbox relay with nothing to send.")
    notifications_topic_arn: str = Field(
        default="", description="SNS topic of finished jobs; needed by `serve` and `worker`, which relay the outbox."
    )
    email_sender: str = Field(
        default="", description="Address that e-mail comes from, known to SES; empty: no e-mail is sent."
    )
    sealing_keys_secret: str = Field(
        default="stocktool/stock/sealing-keys",
        description="Secret in Secrets Manager that holds the keys webhooks' secrets are sealed under.",
    )
    delivery_attempts: int = Field(
        default=7, ge=1, le=12, description="Attempts of a webhook or mail before it is given up."
    )
    delivery_first_wait_seconds: float = Field(
        default=10.0, gt=0, description="Wait after the first failed attempt; four times as long after each further."
    )
    page_url: str = Field(default="", description="Where the page is, for links in e-mail; empty: none.")
    unsafe_webhook_loopback_ca: Path | None = Field(
        default=None,
        description="For tests alone: authority whose webhooks on loopback are called. Refused in production.",
    )
    alert_sweep_seconds: float = Field(
        default=60.0, gt=0, description="Interval at which all alerts are evaluated, beside each change of a price."
    )
    benchmark: str = Field(default="SPY", description="Symbol that background analyses compare with.")

    @model_validator(mode="after")
    def _refuse_unsafe_webhooks(self) -> Settings:
        """A process that others can reach, or that has certificates of a mesh, is no test's."""
        if self.unsafe_webhook_loopback_ca is not None and (
            self.tls is not None or self.host not in {"127.0.0.1", "::1", "localhost"}
        ):
            raise ValueError("unsafe_webhook_loopback_ca is for tests on one machine; a deployment refuses it")
        return self
