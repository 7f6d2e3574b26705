"""What a landing folder holds: one JSON file that says which streams were extracted, and how far.

    manifest.json              this
    pages/<stream>/000001.ndjson.gz     raw records, a page a file          (written by extract)
    batches/<stream>/000001.ndjson.gz   rows and rejects, a page a file     (written by transform)

A stream is listed as complete only after its last page stands on disk, so a folder of an
interrupted extraction can be loaded, but never moves a bookmark.
"""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec

from intercom_etl.errors import UsageError, is_full
from intercom_etl.landing.lines import files, make_folder, open_private

FORMAT = 2


Count = Annotated[int, msgspec.Meta(ge=0)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class LandedStream(msgspec.Struct):
    """One stream of the folder. `pages` counts the files of a complete stream.

    `start` is from where it was read, None: from the beginning.
    """

    pages: Count = 0
    records: Count = 0
    complete: bool = False
    transformed: bool = False
    start: Moment | None = None


class Manifest(msgspec.Struct):
    """`since` None: everything was asked for. `started_at` is on the server's clock.

    `privacy` is the fingerprint of the policy that the pages were treated with, None without one.
    """

    format: int
    workspace_id: str
    workspace_name: str
    api_version: str
    started_at: Moment
    lookback_seconds: Annotated[float, msgspec.Meta(ge=0, le=10**9)]
    since: Moment | None
    streams: dict[str, LandedStream]
    privacy: str | None = None


def create(folder: Path, manifest: Manifest) -> None:
    """Makes the folder. Raises UsageError when something is in it already."""
    try:
        make_folder(folder)
        if any(folder.iterdir()):
            raise UsageError(f"folder `{folder}` is not empty", "name a new folder for each extraction")
        save(folder, manifest)
    except (FileExistsError, NotADirectoryError) as error:
        raise UsageError(f"`{folder}` is a file, not a folder", "name a new folder") from error
    except OSError as error:
        if is_full(error):
            raise  # not the folder is wrong
        raise UsageError(
            f"cannot write into folder `{folder}`: {error.strerror}", "name a folder that you may write to"
        ) from error


def save(folder: Path, manifest: Manifest) -> None:
    """Replaces the manifest in one step: a reader sees the old one or the new one."""
    beside = folder / "manifest.json.part"
    with open_private(beside) as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
    beside.replace(folder / "manifest.json")


def read(folder: Path) -> Manifest:
    """Raises UsageError when the folder is not a landing folder of this format."""
    path = folder / "manifest.json"
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except NotADirectoryError as error:
        raise UsageError(
            f"`{folder}` is a file, not a landing folder",
            "name a folder that `intercom-etl extract --out` made",
        ) from error
    except FileNotFoundError as error:
        raise UsageError(
            f"`{folder}` is not a landing folder: it has no manifest.json",
            "make one with `intercom-etl extract --out FOLDER`",
        ) from error
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"cannot read `{path}`: {reason}", "extract again into a new folder") from error
    if manifest.format != FORMAT:
        raise UsageError(
            f"`{folder}` has format {manifest.format}, this program reads {FORMAT}",
            "use the version that wrote it, or extract again",
        )
    return manifest


def whole_files(folder: Path, stage: str, name: str, landed: LandedStream) -> list[Path]:
    """The files of a stream. Raises UsageError when a complete one has lost some, or gained."""
    found = files(folder, stage, name)
    if landed.complete and len(found) != landed.pages:
        raise UsageError(
            f"`{folder / stage / name}` holds {len(found)} files, and {landed.pages} were written",
            "extract again into a new folder" if stage == "pages" else "run `intercom-etl transform` again",
        )
    return found
