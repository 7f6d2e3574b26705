"""The files of `deploy` are what their readers take: known keys, lines of the right form, real metrics."""

import re
import tomllib
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from intercom_etl.exit_codes import ExitCode
from intercom_etl.metrics import FAMILIES, PREFIX

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
# what keeps a service from all that it has no need of
WALLS = {
    "UMask", "CapabilityBoundingSet", "NoNewPrivileges", "LockPersonality", "MemoryDenyWriteExecute",
    "PrivateDevices", "PrivateTmp", "PrivateUsers", "ProcSubset", "ProtectClock", "ProtectControlGroups",
    "ProtectHome", "ProtectHostname", "ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables",
    "ProtectProc", "ProtectSystem", "RemoveIPC", "RestrictAddressFamilies", "RestrictNamespaces",
    "RestrictRealtime", "RestrictSUIDSGID", "SystemCallArchitectures", "SystemCallFilter",
}  # fmt: skip
UNIT_KEYS = {
    "Unit": {"Description", "Wants", "After"},
    "Service": {
        "Type", "User", "ExecStart", "LoadCredential", "Environment", "StateDirectory", "LogsDirectory",
        "WorkingDirectory", "Restart", "RestartSec", "RestartPreventExitStatus", "SuccessExitStatus",
        "TimeoutStopSec", *WALLS,
    },
    "Timer": {"OnCalendar", "RandomizedDelaySec", "Persistent"},
    "Install": {"WantedBy"},
}  # fmt: skip
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LICENCES = PROJECT["project"]["license-files"]
AGAIN = {int(code) for code in (ExitCode.PARTIAL, ExitCode.LOCKED, ExitCode.TRY_AGAIN)}
NEVER = {int(code) for code in (ExitCode.USAGE, ExitCode.CREDENTIALS, ExitCode.CONFIGURATION)}


def document(name: str) -> Any:
    return yaml.safe_load((DEPLOY / name).read_text())


def unit(path: Path) -> dict[str, list[tuple[str, str]]]:
    """Keys may stand there more than once, which no other reader of such files allows."""
    sections: dict[str, list[tuple[str, str]]] = {}
    pairs: list[tuple[str, str]] = []
    for line in path.read_text().splitlines():
        if line.startswith("["):
            pairs = sections.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            name, is_there, value = line.partition("=")
            assert is_there, line
            pairs.append((name, value))
    return sections


@pytest.mark.parametrize("path", sorted((DEPLOY / "systemd").iterdir()), ids=lambda path: path.name)
def test_units_have_keys_that_systemd_knows(path: Path) -> None:
    for section, pairs in unit(path).items():
        assert {name for name, _ in pairs} <= UNIT_KEYS[section]
    ConfigParser(strict=False, interpolation=None).read_string(path.read_text())


def test_services_take_secrets_from_credentials_and_restart_only_what_waiting_mends() -> None:
    for name in ("intercom-etl", "intercom-etl-verify", "intercom-etl-watch"):
        service = unit(DEPLOY / "systemd" / f"{name}.service")["Service"]
        credentials = {value.partition(":")[0] for key, value in service if key == "LoadCredential"}
        variables = dict(value.split("=", 1) for key, value in service if key == "Environment")
        secrets = {key: value for key, value in variables.items() if value.startswith("%d/")}
        assert {value.removeprefix("%d/") for value in secrets.values()} == credentials
        assert all(key.endswith("_FILE") for key in secrets)
        assert dict(service)["SuccessExitStatus"] == str(int(ExitCode.TERMINATED))
    prevented = {int(code) for code in dict(service)["RestartPreventExitStatus"].split()}
    assert prevented == NEVER | {int(ExitCode.BUG)}
    assert dict(unit(DEPLOY / "systemd" / "intercom-etl.timer")["Timer"])["Persistent"] == "true"


def test_services_are_shut_in_alike() -> None:
    services = [unit(path)["Service"] for path in sorted((DEPLOY / "systemd").glob("*.service"))]
    [first, *others] = [[pair for pair in service if pair[0] in WALLS] for service in services]
    assert {name for name, _ in first} == WALLS
    assert others
    assert all(other == first for other in others)


def test_the_crontab_has_lines_of_cron() -> None:
    number = r"(?:\*|\d+)(?:/\d+)?"
    lines = [line for line in (DEPLOY / "crontab").read_text().splitlines() if not line.startswith("#")]
    assert lines[0].startswith("MAILTO=")
    for line in lines[1:]:
        assert re.fullmatch(rf"(?:{number} ){{5}}cd /srv/intercom-etl && \S.*", line), line
        assert "%" not in line, "cron makes a line end of it"
        assert "--quiet" in line


@pytest.mark.parametrize(("name", "alerts"), [("kubernetes", set[int]()), ("kubernetes-verify", {4})])
def test_cronjobs_forbid_overlap_and_do_not_repeat_what_waiting_does_not_mend(
    name: str, alerts: set[int]
) -> None:
    job = document(f"{name}.yaml")
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "CronJob")
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    spec = job["spec"]["jobTemplate"]["spec"]
    pod = spec["template"]["spec"]
    [container] = pod["containers"]
    assert pod["restartPolicy"] == "Never", "podFailurePolicy takes no other"
    tries = spec["backoffLimit"] + 1
    pauses = 10 * (2 ** spec["backoffLimit"] - 1)  # the first of ten seconds, each twice as long
    bound = re.fullmatch(r"(\d+)([mh])", container["args"][container["args"].index("--max-runtime") + 1])
    assert bound
    runtime = int(bound[1]) * {"m": 60, "h": 3600}[bound[2]]
    assert spec["activeDeadlineSeconds"] > tries * (runtime + pod["terminationGracePeriodSeconds"]) + pauses
    [codes, disrupted] = spec["podFailurePolicy"]["rules"]
    assert disrupted == {
        "action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
    }  # fmt: skip
    rule = codes["onExitCodes"]
    assert rule["containerName"] == container["name"]
    assert set(rule["values"]) == NEVER | {int(ExitCode.BUG)} | alerts


@pytest.mark.parametrize("name", ["kubernetes", "kubernetes-verify", "kubernetes-migrate"])
def test_pods_are_shut_in_and_take_secrets_from_files(name: str) -> None:
    spec = document(f"{name}.yaml")["spec"]
    pod = spec.get("jobTemplate", {"spec": spec})["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert set(mounts) == set(volumes)
    assert (mounts["tmp"], volumes["tmp"]["emptyDir"]) == ("/tmp", {})
    for variable in container["env"]:
        assert variable["name"].endswith("_FILE")
        assert variable["value"].startswith(mounts["secrets"] + "/")


STARTED = [
    "crontab", "Dockerfile", "github-actions.yml", "gitlab-ci.yml", "kubernetes.yaml",
    "systemd/intercom-etl.service",
]  # fmt: skip


@pytest.mark.parametrize("name", STARTED)
def test_who_runs_it_is_told_of_migrate_first(name: str) -> None:
    comments = re.findall(r"^#.*", (DEPLOY / name).read_text(), re.MULTILINE)
    assert any("migrate" in comment for comment in comments)


def test_ci_jobs_try_again_what_is_worth_it() -> None:
    gitlab = document("gitlab-ci.yml")["intercom-etl"]
    assert set(gitlab["retry"]["exit_codes"]) == AGAIN
    assert gitlab["resource_group"]
    github = document("github-actions.yml")
    assert set(github) == {"name", True, "concurrency", "permissions", "jobs"}  # YAML takes `on` for true
    [step] = github["jobs"]["sync"]["steps"]
    [cases] = re.findall(r"^\s+([\d| ]+)\) echo", step["run"], re.MULTILINE)
    assert {int(code) for code in cases.split("|")} == AGAIN
    assert "--skip-if-locked" in step["run"]
    assert github["concurrency"]["cancel-in-progress"] is False


def test_alerts_ask_for_metrics_and_labels_that_there_are() -> None:
    [group] = document("prometheus-alerts.yml")["groups"]
    assert len({rule["alert"] for rule in group["rules"]}) == len(group["rules"])
    asked: set[str] = set()
    for rule in group["rules"]:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert re.fullmatch(r"\d+[smhd]", rule.get("for", "0s"))
        assert rule["labels"]["severity"] in ("info", "warning", "critical")
        expression = rule["expr"]
        assert expression.count("(") == expression.count(")")
        names = {name.removeprefix(PREFIX) for name in re.findall(rf"{PREFIX}\w+", expression)}
        assert names
        assert names <= set(FAMILIES)
        asked |= names
        labels = set.union(*(set(FAMILIES[name][0]) for name in names))
        for matched in re.findall(r"(?:by|on) \(([^)]*)\)|\{(\w+)=", expression):
            assert set(re.findall(r"\w+", " ".join(matched))) <= labels
        for used in re.findall(r"\$labels\.(\w+)", str(rule["annotations"])):
            assert used in labels
    assert {"last_success_timestamp_seconds", "verify_wrong_records", "last_run_exit_code"} <= asked


def test_no_line_is_too_wide_to_be_read() -> None:
    files = [path for path in DEPLOY.rglob("*") if path.is_file() and "pycache" not in str(path)]
    wide = [path.name for path in files if max(map(len, path.read_text().splitlines())) > 160]
    assert wide == []


def test_the_image_is_made_of_what_is_there_and_runs_as_nobody_special() -> None:
    text = re.sub(r"\\\n", " ", (DEPLOY / "Dockerfile").read_text())
    steps = [line.split(" ", 1) for line in text.splitlines() if line and not line.startswith("#")]
    bases = [what.split(" ")[0] for step, what in steps if step == "FROM"]
    assert len(set(bases)) == 1
    [(version,)] = {tuple(re.findall(r"^python:(\d+\.\d+)-slim-\w+$", base)) for base in bases}
    assert version in SpecifierSet(PROJECT["project"]["requires-python"])
    assert {step for step, _ in steps} <= {
        "FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "HEALTHCHECK", "ENTRYPOINT", "CMD",
    }  # fmt: skip
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    packed = {*wheel["packages"], *wheel["force-include"], *wheel.get("shared-data", ())}
    assert {f"!{path}" for path in (*packed, "pyproject.toml", "requirements.lock")} <= {*ignored}
    assert {f"!{PROJECT['project']['readme']}", *(f"!{path}" for path in LICENCES)} <= {*ignored}
    assert ignored[0] == "*"
    fetched = [what for step, what in steps if step == "RUN" and "pip download" in what]
    assert len(fetched) == 1
    assert "--require-hashes" in fetched[0]
    offline = next(number for number, (_, what) in enumerate(steps) if "PIP_NO_INDEX=1" in what)
    assert all("pip" not in what or number > offline for number, (step, what) in enumerate(steps)
               if step == "RUN" and what not in fetched)  # fmt: skip
    [user] = [what for step, what in steps if step == "USER"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    assert "TOKEN" not in text
