"""Settings of every process, read once from `IOC_*` environment variables (documented in docs/settings.md)."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What a process of the centre needs to know before it starts; one instance is passed down, never imported.

    Times are seconds, sizes are bytes, unless the name says otherwise.
    """

    model_config = SettingsConfigDict(env_prefix="IOC_", extra="ignore", frozen=True, secrets_dir=None)

    data_dir: Path = Field(Path("data"), description="Where the embedded servers and secrets live.")
    config_dir: Path = Field(Path("config"), description="The catalogues, rules, sources and routes.")
    extra_sources: Path | None = Field(None, description="One more folder of sources beside config/sources.")
    bind: str = Field("127.0.0.1", description="Address that every listener binds to.")
    log_format: Literal["console", "json"] = Field("console", description="json in production.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Lowest level logged.")

    database_url: SecretStr | None = Field(None, description="PostgreSQL or TimescaleDB; unset: embedded.")
    database_pool_size: int = Field(8, ge=2, le=100, description="Connections per process at most.")
    nats_url: SecretStr | None = Field(None, description="NATS with JetStream; unset: embedded.")
    nats_replicas: int = Field(1, ge=1, le=5, description="Replicas of the streams on a NATS cluster.")
    postgres_port: int = Field(15432, description="Port of the embedded PostgreSQL.")
    nats_port: int = Field(14222, description="Port of the embedded NATS server.")

    ingest_port: int = Field(8010, description="Port of ingest: pushes, national protocol, /metrics.")
    syslog_port: int = Field(5514, description="UDP and TCP port of the syslog receiver.")
    write_port: int = Field(8011, description="Port of the writer's /healthz and /metrics.")
    alerts_port: int = Field(8012, description="Port of the alert engine's /healthz and /metrics.")
    api_port: int = Field(8000, description="Port of the API and the live feed.")
    wall_port: int = Field(8501, description="Port of the Streamlit screens.")
    simulator_port: int = Field(8013, description="Port of the simulator's /healthz, /metrics and portals.")

    api_url: str = Field("", description="Address of the API as other processes and browsers reach it.")
    public_url: str = Field("", description="Address of the API as a phone reaches it: links in messages.")
    wall_url: str = Field("", description="Address of the screens as people reach it.")

    events_max_bytes: int = Field(8 << 30, description="Room of the EVENTS stream on disk.")
    live_max_age: float = Field(600.0, description="How long LIVE keeps deltas for clients that resume.")
    max_body_bytes: int = Field(32 << 20, description="Largest body of a push, before and after inflation.")

    retention_samples_days: int = Field(90, ge=1, description="Raw samples are dropped after this.")
    retention_probes_days: int = Field(90, ge=1, description="Probe results are dropped after this.")
    retention_security_days: int = Field(365, ge=1, description="Security events are dropped after this.")
    retention_dossier_days: int = Field(3650, ge=1, description="Dossier events are dropped after this.")
    retention_rejected_days: int = Field(30, ge=1, description="Rejected input is dropped after this.")
    retention_rollup_days: int = Field(1825, ge=1, description="Rollups are dropped after this.")

    session_hours: float = Field(12.0, gt=0, description="A person's sign-in lasts this long.")
    timezone: str = Field("Asia/Ho_Chi_Minh", description="Time zone of the province.")

    @property
    def api_address(self) -> str:
        """URL of the API as other processes on this network reach it."""
        return self.api_url or f"http://{_reachable(self.bind)}:{self.api_port}"

    @property
    def public_address(self) -> str:
        """URL of the API as a phone reaches it, for links in messages."""
        return self.public_url or self.api_address

    @property
    def wall_address(self) -> str:
        """URL of the screens as people reach them."""
        return self.wall_url or f"http://{_reachable(self.bind)}:{self.wall_port}"

    @property
    def ingest_address(self) -> str:
        """URL of ingest on this machine."""
        return f"http://{_reachable(self.bind)}:{self.ingest_port}"


def _reachable(bind: str) -> str:
    return "127.0.0.1" if bind in {"0.0.0.0", "::", ""} else bind  # noqa: S104
