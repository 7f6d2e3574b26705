"""Every knob, in one place. The only reader of the environment: flag > environment > .env > default.

The names are an interface: others script against them. `.env.example` is written from these fields
(`make docs`) and checked.
"""

from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import SplitResult, urlsplit

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import SettingsConfigDict

from intercom_etl.errors import ConfigError
from intercom_etl.secret_files import SecretsInFiles
from intercom_etl.setting_errors import check_dotenv, config_error

HOSTS = {
    "us": "https://api.intercom.io",
    "eu": "https://api.eu.intercom.io",
    "au": "https://api.au.intercom.io",
}
SHORTEST_PRIVACY_KEY = 16


class Settings(SecretsInFiles):
    """All settings, checked. Secrets print as asterisks."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", hide_input_in_errors=True
    )

    intercom_access_token: SecretStr | None = Field(
        default=None, description="Access token of your app (Developer Hub > Your app > Authentication)."
    )
    intercom_access_token_file: Path | None = Field(
        default=None, description="File that the access token is in, in place of INTERCOM_ACCESS_TOKEN."
    )
    intercom_region: Literal["us", "eu", "au"] = Field(
        default="us", description="Where the workspace is hosted: us, eu or au."
    )
    intercom_base_url: str | None = Field(
        default=None,
        description="Another address of the API; overrides the region. http only for loopback.",
        examples=[HOSTS["us"]],
    )
    intercom_api_version: str = Field(
        default="2.16",
        pattern=r"^\d+\.\d+$|^Preview$",
        description="Value of the Intercom-Version header.",
        examples=["2.16", "Preview"],
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="postgresql://user:password@host:5432/database. Unset: embedded, in the data folder.",
    )
    database_url_file: Path | None = Field(
        default=None, description="File that the address is in, in place of DATABASE_URL."
    )
    intercom_etl_home: Path | None = Field(
        default=None,
        description="Data folder. Unset: `~/.local/share/intercom-etl` on Linux (or in XDG_DATA_HOME),"
        " `~/Library/Application Support/intercom-etl` on macOS.",
    )
    intercom_etl_postgres_binaries: Path | None = Field(
        default=None,
        description="Folder with initdb and postgres, for the embedded server. Unset: found by itself.",
    )
    intercom_etl_lookback_minutes: Annotated[int, Field(ge=0, le=10_080)] = Field(
        default=15, description="How far a bookmark stays behind the start of its run: the search index lags."
    )
    intercom_etl_streams: str = Field(
        default="",
        description="What a run without names copies: `+name` adds a stream, `-name` leaves one out;"
        " plain names mean only those. Separated by commas.",
    )
    intercom_etl_custom_objects: str = Field(
        default="",
        description="Types of custom objects to copy, by their identifiers, separated by commas:"
        " the API does not tell which there are.",
    )
    intercom_etl_reporting_datasets: str = Field(
        default="",
        description="Datasets of reports to copy into `reporting_rows`, by their ids, separated by commas,"
        " like `conversation,ticket`.",
    )
    intercom_etl_history: str = Field(
        default="",
        description="Streams of which every version is kept, in tables `<stream>_history`, separated by"
        " commas. After a change run `migrate`.",
    )
    intercom_etl_metrics_file: Path | None = Field(
        default=None,
        description="Where `sync`, `backfill` and `verify` write metrics for Prometheus (--metrics-file).",
    )
    intercom_etl_ping_url: SecretStr | None = Field(
        default=None,
        description="Watchdog that `sync`, `backfill` and `verify` tell of start and end (--ping-url).",
        examples=["https://hc-ping.com/your-uuid"],
    )
    intercom_etl_ping_url_file: Path | None = Field(
        default=None, description="File that its address is in, in place of INTERCOM_ETL_PING_URL."
    )
    intercom_etl_log_file: Path | None = Field(
        default=None,
        description="File that `sync`, `backfill` and `verify` append log lines to, a JSON object each"
        " (--log-file).",
    )
    intercom_etl_database_patience: Annotated[float, Field(ge=0, le=3600)] = Field(
        default=60.0,
        description="How many seconds a database may be away in the middle of a `sync` before it gives up.",
    )
    intercom_etl_sweep_days: Annotated[float, Field(ge=0, le=3650)] = Field(
        default=7.0,
        description="After so many days a run lists everything, to notice what is gone."
        " 0: only with --sweep.",
    )
    intercom_etl_reread_days: Annotated[float, Field(ge=0, le=3650)] = Field(
        default=30.0,
        description="Within so many days every record and every list that takes a request of its own is"
        " fetched again, a few in each run, since redactions and notes do not show otherwise. 0: never.",
    )
    intercom_etl_parents_per_run: Annotated[int, Field(ge=1)] = Field(
        default=20_000,
        description="How many lists a stream that takes one request a record reads in one run; the next"
        " run goes on.",
    )
    intercom_etl_concurrency: Annotated[int, Field(ge=1, le=500)] = Field(
        default=64, description="Requests in flight at once. 64 uses up 10,000 a minute at 300 ms latency."
    )
    intercom_etl_rate_headroom: Annotated[float, Field(ge=0, le=0.9)] = Field(
        default=0.1, description="Share of the rate allowance that is left to other apps."
    )
    intercom_etl_request_timeout: Annotated[float, Field(gt=0, le=3600)] = Field(
        default=30.0,
        description="Seconds for one request, from first to last byte. Slow searches get smaller pages.",
    )
    intercom_etl_max_attempts: Annotated[int, Field(ge=1, le=100)] = Field(
        default=8, description="How often one request is tried."
    )
    intercom_etl_max_retry_seconds: Annotated[float, Field(ge=0)] = Field(
        default=600.0, description="How long one request may be retried, in seconds."
    )
    intercom_etl_max_response_mb: Annotated[int, Field(ge=1, le=4096)] = Field(
        default=256, description="Largest answer that is accepted, inflated, in MB."
    )
    intercom_etl_privacy_file: Path | None = Field(
        default=None,
        description="TOML file that says which columns are hashed or dropped. Unset, or `none`: all is kept.",
    )
    intercom_etl_privacy_key: SecretStr | None = Field(
        default=None,
        description="Secret that values are hashed with, 16 characters or more."
        " Changing it changes all hashes.",
    )
    intercom_etl_privacy_key_file: Path | None = Field(
        default=None, description="File that this secret is in, in place of INTERCOM_ETL_PRIVACY_KEY."
    )

    @field_validator("intercom_etl_privacy_key")
    @classmethod
    def _privacy_key_is_long(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value().strip()) < SHORTEST_PRIVACY_KEY:
            raise ValueError(f"it must have {SHORTEST_PRIVACY_KEY} characters or more")
        return value

    @field_validator("intercom_base_url")
    @classmethod
    def _base_url_is_safe(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = _split(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("it must be an address that begins with https://")
        if parts.username or parts.query or parts.fragment:
            raise ValueError("it must be a plain address, without user, query or fragment")
        if parts.scheme == "http" and not _is_loopback(parts.hostname):
            raise ValueError("it must be https: http would show the token to the network (only loopback may)")
        return value.rstrip("/")

    @classmethod
    def load(cls, **flags: Any) -> Self:
        """Reads environment and `.env`; `flags` that are not None win.

        Raises ConfigError naming the setting, or the line of `.env`.
        """
        check_dotenv(Path(".env"))
        try:
            return cls(**{name: value for name, value in flags.items() if value is not None})
        except ValidationError as error:
            raise config_error(error, cls.model_fields) from None

    @property
    def ping_url(self) -> str | None:
        """The watchdog's address, which lets anybody who knows it ping."""
        return self.intercom_etl_ping_url.get_secret_value().strip() if self.intercom_etl_ping_url else None

    @property
    def base_url(self) -> str:
        """Where the API is, without a slash at the end."""
        return self.intercom_base_url or HOSTS[self.intercom_region]

    @property
    def home(self) -> Path:
        """The data folder, absolute. Raises ConfigError for the home of a user that is not there."""
        named = self.intercom_etl_home or user_data_path("intercom-etl", appauthor=False)
        try:
            return named.expanduser().absolute()
        except RuntimeError:
            raise ConfigError(
                f"INTERCOM_ETL_HOME is `{named}`: there is no such user", "write the path in full"
            ) from None

    @property
    def lookback(self) -> timedelta:
        """How far a bookmark stays behind the start of its run."""
        return timedelta(minutes=self.intercom_etl_lookback_minutes)

    @property
    def stream_choice(self) -> tuple[str, ...]:
        """The words of INTERCOM_ETL_STREAMS."""
        return _words(self.intercom_etl_streams)

    @property
    def history(self) -> tuple[str, ...]:
        """The words of INTERCOM_ETL_HISTORY."""
        return _words(self.intercom_etl_history)

    @property
    def names(self) -> dict[str, tuple[str, ...]]:
        """What is set for streams that are read by name, by setting; without those not set."""
        found = {
            "INTERCOM_ETL_CUSTOM_OBJECTS": _words(self.intercom_etl_custom_objects),
            "INTERCOM_ETL_REPORTING_DATASETS": _words(self.intercom_etl_reporting_datasets),
        }
        return {setting: names for setting, names in found.items() if names}

    def require_token(self) -> str:
        """The token, for a header. Raises ConfigError when it is missing or cannot be a token."""
        if self.intercom_access_token is None:
            raise ConfigError(
                "INTERCOM_ACCESS_TOKEN is not set",
                "put it into the environment or into `.env`, or name its file in INTERCOM_ACCESS_TOKEN_FILE;"
                " `intercom-etl demo` runs without it",
            )
        token = self.intercom_access_token.get_secret_value().strip()
        if not token.isascii() or not token.isprintable() or " " in token:
            raise ConfigError(
                "INTERCOM_ACCESS_TOKEN has characters that no token has",
                "copy it again from the Developer Hub",
            )
        return token


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for part in text.split(",") if (word := part.strip())))


def _split(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:  # its text quotes the address
        raise ValueError("its host or port cannot be one; a port is a number from 1 to 65535") from None
    if port == 0:
        raise ValueError("its port cannot be 0")
    return parts


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
