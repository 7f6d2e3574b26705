"""Which privacy policy: the one of INTERCOM_ETL_PRIVACY_FILE, or none."""

from pathlib import Path

from intercom_etl.errors import ConfigError, UsageError
from intercom_etl.landing import manifest as manifests
from intercom_etl.privacy.policy import KEEPS_ALL, Policy, keep_all, read_policy
from intercom_etl.settings import Settings
from intercom_etl.streams import all_streams


def privacy_policy(settings: Settings) -> Policy | None:
    """The policy of the settings, None when nobody has set one.

    `none` in place of a file says that everything is kept, whatever was hidden before. Raises ConfigError
    naming file and value when it cannot be read or cannot be honoured.
    """
    path, key = settings.intercom_etl_privacy_file, settings.intercom_etl_privacy_key
    if path is None:
        if key is None:
            return None
        raise ConfigError(
            "INTERCOM_ETL_PRIVACY_KEY is set, but INTERCOM_ETL_PRIVACY_FILE is not: nothing would be hashed",
            "set both of them, or none",
        )
    if str(path) == KEEPS_ALL:
        return keep_all()
    return read_policy(
        _text(path),
        name=str(path),
        key=key.get_secret_value() if key is not None else None,
        streams=all_streams().values(),
    )


def require_treated(folder: Path, settings: Settings) -> None:
    """Raises UsageError when the pages of a landing folder were not treated as the settings want it."""
    policy = privacy_policy(settings)
    if policy is None or policy.fingerprint == KEEPS_ALL:
        return
    if manifests.read(folder).privacy != policy.fingerprint:
        raise UsageError(
            f"`{folder}` was extracted under another privacy policy than the one that is set",
            "extract again, or unset INTERCOM_ETL_PRIVACY_FILE to take the folder as it is",
        )


def _text(path: Path) -> str:
    try:
        return path.expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(
            f"cannot read `{path}`: {reason}", "let INTERCOM_ETL_PRIVACY_FILE name the policy's file"
        ) from error
