"""What is installed from a wheel finds its SQL, far from any checkout, and `man` finds its pages."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOOK = """
from importlib.metadata import entry_points, version
from intercom_etl.postgres.migrations import read_migrations
from intercom_etl.postgres.sql_files import query, sql_folder
from intercom_etl.postgres.views import read_views
print(sql_folder(), len(read_migrations()), len(query("open_run")) > 0, version("intercom-etl"), sep="\\n")
print(len(read_views()))
"""


def test_a_wheel_has_its_sql_inside(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=ROOT, check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "site packages"
    with zipfile.ZipFile(wheel) as packed:
        assert not [name for name in packed.namelist() if name.endswith(".pyc")]
        packed.extractall(installed)

    found = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(installed)},
        check=True, capture_output=True, text=True, timeout=60,
    ).stdout.splitlines()  # fmt: skip

    assert found[0] == str(installed / "intercom_etl" / "sql")
    assert int(found[1]) == len(list((ROOT / "sql" / "migrations").glob("*.sql")))
    assert found[2] == "True"
    assert int(found[4]) == len(list((ROOT / "sql" / "views").glob("*.sql"))) > 0
    top = {path.name for path in installed.iterdir()}
    data = f"intercom_etl-{found[3]}.data"
    assert top == {"cli", "intercom_etl", f"intercom_etl-{found[3]}.dist-info", data}
    manual = installed / data / "data" / "share" / "man" / "man1"
    assert {page.name for page in manual.iterdir()} == {page.name for page in (ROOT / "man").iterdir()}
