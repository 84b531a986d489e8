"""Files under deploy/ name only settings, commands, figures and pages that exist; their own programs accept them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from textwrap import dedent as unindented
from threading import Thread
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
import yaml
from click import Command, Context, Group
from distributed.cli import dask_scheduler, dask_worker
from werkzeug.serving import make_server

from app.cli import main
from app.factory import create_app
from app.foundation.job_slots import WorkerSlot
from app.foundation.settings import BELONGS_TO_TESTS, PREFIX, Settings, read_settings
from app.operations.metrics import counting, new_registry

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
SETTINGS = {PREFIX + name.upper() for name in Settings.model_fields}
OF_DASK = sorted((DEPLOY / "systemd").glob("decile-compute-*.service"))
UNITS = sorted(set((DEPLOY / "systemd").glob("*.service")) - set(OF_DASK))
OWN_METRIC = re.compile(r"\b(?:decile|process)_[a-z_]+\b")


def env_file(name: str) -> dict[str, str]:
    """An example as the page wants it filled in: with something else for each CHANGE-ME."""
    lines = (DEPLOY / name).read_text(encoding="utf-8").replace("CHANGE-ME", "our-own").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def command_of(words: list[str]) -> object:
    """The command of ours that these words after `decile` call."""
    found: Command | None = main
    for word in words:
        if word.startswith(("-", "/", "$")) or not isinstance(found, Group):
            break
        found = found.get_command(Context(found), word)
    assert found not in {None, main}
    return found


@pytest.mark.parametrize("role", ["web", "worker"])
def test_the_settings_of_each_role_start_and_only_the_worker_reads_a_passphrase(role):
    given = env_file("decile.env.example") | env_file(f"{role}.env.example")
    settings = read_settings(given)
    assert settings.mail_sender == "Decile <no-reply@decile.example>"
    assert bool(settings.key_passphrase) == (role == "worker")
    assert settings.metrics_port > 0


def handed_over(text: str) -> dict[str, str]:
    """The environment of a unit as systemd makes it: what is in an `EnvironmentFile=` overrides `Environment=`."""
    own = dict(setting.split("=", 1) for setting in re.findall(r"^Environment=(.*)$", text, re.MULTILINE))
    for name in re.findall(r"^EnvironmentFile=/etc/decile/(.*)$", text, re.MULTILINE):
        own |= env_file(f"{name}.example")
    return own


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_each_unit_keeps_its_data_in_a_directory_that_it_may_write_and_no_other_user_has(unit):
    text = unit.read_text(encoding="utf-8")
    settings = read_settings(handed_over(text))
    user, directories = (re.findall(rf"^{name}=(.*)$", text, re.MULTILINE) for name in ("User", "StateDirectory"))
    assert settings.data == Path("/var/lib") / user[0]
    assert user[0] in directories[0].split()
    assert "StateDirectoryMode=0700\n" in text
    assert set(re.findall(r"/var/lib/([\w-]+)", text)) <= set(directories[0].split())


def test_no_example_is_read_otherwise_by_systemd_or_sets_what_a_unit_or_container_sets():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"].values()
    apart = {name for service in services for name in service.get("environment", {}) if "DATA" in name}
    apart |= {name for unit in UNITS for name in re.findall(r"^Environment=(\w+)=", unit.read_text(), re.MULTILINE)}
    assert apart == {"DECILE_DATA"}
    for path in DEPLOY.glob("*.env.example"):
        given = env_file(path.name)
        assert not apart & set(given)
        assert not [value for value in given.values() if value != value.strip() or set(value) & set("\"'\\")]


@pytest.mark.parametrize("unit", [*UNITS, DEPLOY / "systemd/decile-compute-worker.service"], ids=lambda path: path.stem)
def test_each_user_has_its_home_where_its_units_may_write(unit):
    """The libraries of fits keep there what they compiled; without a place for it they refuse to be loaded."""
    text = unit.read_text(encoding="utf-8")
    user, directories = (re.findall(rf"^{name}=(.*)$", text, re.MULTILINE)[0] for name in ("User", "StateDirectory"))
    page = (DEPLOY / "README.md").read_text(encoding="utf-8")
    (home,) = re.findall(rf"^useradd .*--home-dir /var/lib/(\S+) {user}\b", page, re.MULTILINE)
    assert home in directories.split()


SYSTEMD_RUN = """#!{python}
import argparse, json, sys
options = argparse.ArgumentParser(allow_abbrev=False)
for name in ("quiet", "collect", "pipe", "pty"):
    options.add_argument("--" + name, action="store_true")
for name in ("uid", "gid"):
    options.add_argument("--" + name)
for name in ("property", "setenv"):
    options.add_argument("--" + name, action="append")
options.add_argument("command", nargs=argparse.REMAINDER)
print(json.dumps(vars(options.parse_args())))
"""


def test_the_first_commands_reach_decile_as_the_worker_with_its_settings(tmp_path):
    """As the page has them, but that the programs of the system say what they were asked, and do it not."""
    (tmp_path / "systemd-run").write_text(SYSTEMD_RUN.format(python=sys.executable))
    (tmp_path / "systemd-run").chmod(0o755)
    shutil.copy(DEPLOY / "decile", tmp_path)
    unit = (DEPLOY / "systemd/decile-worker.service").read_text(encoding="utf-8")
    page = (DEPLOY / "README.md").read_text(encoding="utf-8").partition("## On one host with systemd")[2]
    first = re.findall(r"^decile .*$", page.partition("## Calibration")[0], re.MULTILINE)
    assert first == ["decile db upgrade", "decile keys init", "decile doctor"]
    for line in first:
        path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
        said = subprocess.run(["/bin/sh", "-c", line], env=path, capture_output=True, text=True, check=True).stdout
        asked = json.loads(said)
        assert asked["command"] == ["/opt/decile/.venv/bin/decile", *line.split()[1:]]
        command_of(asked["command"][1:])
        as_unit = [f"User={asked['uid']}", f"Group={asked['gid']}", *asked["property"]]
        as_unit += [f"Environment={setting}" for setting in asked["setenv"]]
        assert handed_over("\n".join(as_unit)) == handed_over(unit)
        assert {name for name in as_unit if "StateDirectory=" not in name} <= set(unit.splitlines())
        assert "StateDirectory=decile-worker decile-backups decile-copies" in as_unit


def test_every_setting_is_documented_and_every_documented_one_exists():
    table = (ROOT / "docs/settings.md").read_text(encoding="utf-8").split("In the embedded default")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    documented = {PREFIX + name for row in rows for name in re.findall(r"`([A-Z0-9_]+)`", row)}
    assert documented == SETTINGS


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_every_unit_calls_a_command_of_ours(unit):
    text = unit.read_text(encoding="utf-8")
    called = re.findall(r"^ExecStart=.*?/bin/decile (.*)$", text, re.MULTILINE)
    assert called
    for words in called:
        command_of(words.rstrip("'").split())
    assert set(re.findall(r"DECILE_[A-Z_]+", text)) <= SETTINGS
    names = {Path(name).name for name in re.findall(r"^EnvironmentFile=(.*)$", text, re.MULTILINE)}
    assert {f"{name}.example" for name in names} <= {path.name for path in DEPLOY.iterdir()}
    assert ("worker.env" in names) == ("User=decile-worker" in text)


def require_command_of_dask(words: list[str]) -> None:
    commands = {"scheduler": dask_scheduler.main, "worker": dask_worker.main}
    assert words[0] == "dask"
    known = {name for given in commands[words[1]].params for name in (*given.opts, *given.secondary_opts)}
    assert {word for word in words[2:] if word.startswith("-")} <= known


@pytest.mark.parametrize("unit", OF_DASK, ids=lambda path: path.stem)
def test_units_of_calibration_call_dask_and_are_given_nothing_secret(unit):
    text = unit.read_text(encoding="utf-8")
    (called,) = re.findall(r"^ExecStart=/opt/decile/.venv/bin/(dask .*)$", text, re.MULTILINE)
    require_command_of_dask(called.split())
    assert "User=decile-compute\n" in text
    assert "EnvironmentFile" not in text
    assert "DECILE_" not in text


def test_case_055_the_audit_from_outside_is_asked_for_as_the_auditor_wants_it_every_hour_and_without_our_settings():
    text = (DEPLOY / "audit" / "decile-audit.service").read_text(encoding="utf-8")
    (called,) = re.findall(r"^ExecStart=/usr/bin/python3 /opt/decile-audit/(\S+) (.*)$", text, re.MULTILINE)
    auditor = ROOT / "docs" / "audit" / called[0]
    told = subprocess.run([sys.executable, auditor, "--help"], capture_output=True, text=True, check=True).stdout
    options = [word for word in called[1].split() if word.startswith("--")]
    assert options == ["--key", "--notebook"]
    assert all(option in told for option in options)
    assert "DECILE_" not in text
    assert "OnCalendar=hourly" in (DEPLOY / "audit" / "decile-audit.timer").read_text(encoding="utf-8")


def a_second_worker(place: Path) -> str:
    """The unit that the runbook's command makes of the shipped one."""
    page = (ROOT / "docs/runbooks/worker_dead.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^ *(sed .*)$", page, re.MULTILINE)
    there = place / "etc"
    there.mkdir(exist_ok=True)
    shutil.copy(DEPLOY / "systemd/decile-worker.service", there)
    subprocess.run(["/bin/sh", "-c", line.replace("/etc/systemd/system", str(there))], check=True)
    return (there / "decile-worker@.service").read_text(encoding="utf-8")


def test_the_runbook_makes_a_second_worker_that_wants_no_port_of_the_first(tmp_path):
    first = (DEPLOY / "systemd/decile-worker.service").read_text(encoding="utf-8").splitlines()
    second = a_second_worker(tmp_path).splitlines()
    command = "ExecStart=/opt/decile/.venv/bin/decile worker"
    assert command in first
    changed = [(one, other) for one, other in zip(first, second, strict=True) if one != other]
    assert changed == [(command, command.replace("=", "=/usr/bin/env DECILE_METRICS_PORT=0 "))]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_accepts_every_unit(tmp_path):
    units = [
        (path.name, path.read_text(encoding="utf-8")) for of in ("systemd", "audit") for path in (DEPLOY / of).iterdir()
    ]
    for name, own in (*units, ("decile-worker@.service", a_second_worker(tmp_path))):
        text = re.sub("/opt/decile/.venv/bin/(decile|dask)|/usr/bin/python3 .*", "/bin/true", own)
        (tmp_path / name).write_text(re.sub(r"^(User|Group)=.*\n", "", text, flags=re.MULTILINE))
    said = subprocess.run(
        ["systemd-analyze", "verify", *map(str, sorted(tmp_path.glob("*.*")))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode, [line for line in said.stderr.splitlines() if str(tmp_path) in line]) == (0, []), (
        said.stderr
    )


def test_the_services_of_the_compose_file_call_commands_of_ours_and_have_a_health_check_each():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    for name, service in services.items():
        if service.get("profiles") == ["scale"]:
            require_command_of_dask(service["command"])
            assert service["networks"] == ["compute"]
            assert not {"env_file", "volumes", "secrets"} & set(service)
        elif "build" in service:
            assert service["command"][0] == "decile"
            command_of(service["command"][1:])
            assert set(service["environment"]) <= SETTINGS
            assert {f"{file}.example" for file in service["env_file"]} <= {path.name for path in DEPLOY.iterdir()}
            assert ("worker.env" in service["env_file"]) == (name == "worker")
            assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
        if service.get("restart") != "no":
            test = service["healthcheck"]["test"]
            assert test[0] == "CMD"
            assert test[1] != "decile" or command_of(test[2:])
        assert set(service.get("depends_on", {})) <= set(services)


def test_the_head_of_the_compose_file_names_what_to_create_and_does_by_hand_what_the_timers_do():
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    head = text.partition("\nname:")[0]
    assert all(f"# - {secret['file']}: " in head for secret in yaml.safe_load(text)["secrets"].values())
    asked = [words.split() for words in re.findall(r"exec -T worker decile ([^#\n]+)", head)]
    there = {command_of(words) for words in asked}
    units = "\n".join(unit.read_text(encoding="utf-8") for unit in (DEPLOY / "systemd").glob("*.service"))
    timed = {unit.stem for unit in (DEPLOY / "systemd").glob("*.timer")}
    assert set(re.findall(r"^#   (decile-\w+) ", head, re.MULTILINE)) == timed
    started = [words.split() for words in re.findall(r"bin/decile ([^'\n]+)", units)]
    assert there == {command_of(words) for words in started} - {command_of(["web"]), command_of(["worker"])}


@pytest.mark.parametrize("installation", ["postgresql"], indirect=True)
def test_the_health_check_and_the_runbook_reach_a_web_process_that_knows_its_public_name_alone(installation, tmp_path):
    settings = installation.settings.model_copy(update={"base_url": "https://decile.example", "data": tmp_path})
    server = make_server("127.0.0.1", 0, create_app(replace(installation, settings=settings)), threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    here = f":{server.port}/"
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    kind, python, *words = services["web"]["healthcheck"]["test"]
    assert (kind, python) == ("CMD", "python")
    subprocess.run([sys.executable, *(word.replace(":8000/", here) for word in words)], check=True)
    (line,) = re.findall(r"^curl .*$", unindented(code_in(ROOT / "docs/runbooks/web_down.md")), re.MULTILINE)
    asked = ["/bin/sh", "-c", line.replace(":8000/", here)]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    assert [told["status"] for told in map(json.loads, said.splitlines())] == ["up", "not ready"]
    with pytest.raises(HTTPError, match="400"):
        urlopen(f"http://127.0.0.1{here}sign-in", timeout=5)
    server.shutdown()
    server.server_close()


def test_the_containerfile_copies_what_the_program_needs():
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    copied = {word for line in re.findall(r"^COPY (?!--)(.*) \S+$", text, re.MULTILINE) for word in line.split()}
    assert {"app", "scoring", "migrations", "item_banks", "hatch_build.py", "pyproject.toml", "uv.lock"} <= copied
    assert all((ROOT / name).exists() for name in copied)


def test_the_proxy_tells_the_truth_about_visitors_and_takes_every_file_we_take(tmp_path):
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    bare = re.sub(r"#.*", "", text)
    assert bare.count("{") == bare.count("}")
    assert all(line.strip()[-1] in ";{}" for line in bare.splitlines() if line.strip())
    assert "X-Forwarded-For $remote_addr;" in text
    assert f"127.0.0.1:{env_file('web.env.example')['DECILE_PORT']}" in text
    if not shutil.which("nginx"):
        pytest.skip("nginx is not installed; its file was read, not tried")
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x"]
    files = ["-keyout", tmp_path / "privkey.pem", "-out", tmp_path / "fullchain.pem"]
    subprocess.run([*request, *files], check=True, capture_output=True)
    inside = text.replace("/etc/letsencrypt/live/decile.example", str(tmp_path)).replace(
        "/var/lib/nginx", str(tmp_path)
    )
    (tmp_path / "nginx.conf").write_text(f"events {{}}\nhttp {{\n{inside}\n}}\n")
    subprocess.run(["nginx", "-t", "-c", tmp_path / "nginx.conf"], check=True, capture_output=True)


@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
def test_alerts_and_dashboard_ask_for_figures_that_exist(installation):
    registry = new_registry(installation)
    counting(lambda *_: [], registry)
    now = installation.clock.now()
    with installation.transaction() as session:
        session.add(WorkerSlot(name="worker-0", process_id=1, started_at=now, heartbeat_at=now))
    shown = {family.name for family in registry.collect()} | {"decile_last_backup_timestamp_seconds"}
    shown |= {"decile_rates_shared"}  # where DECILE_REDIS_URL is set
    shown |= {f"decile_request_seconds_{part}" for part in ("bucket", "count", "sum")}
    asked = [rule["expr"] for rule in alerts()] + [
        target["expr"]
        for panel in json.loads((DEPLOY / "grafana/decile.json").read_text(encoding="utf-8"))["panels"]
        for target in panel["targets"]
    ]
    named = {name for expression in asked for name in OWN_METRIC.findall(expression)}
    assert len(named) > 10
    assert named <= shown


def alerts() -> list[dict[str, object]]:
    groups = yaml.safe_load((DEPLOY / "prometheus/alerts.yaml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_every_alert_leads_to_a_runbook_that_names_it():
    for rule in alerts():
        assert rule["alert"] in (ROOT / rule["annotations"]["runbook"]).read_text(encoding="utf-8")
        assert rule["labels"]["severity"] in {"page", "ticket"}


def test_every_remedy_and_page_that_names_a_runbook_or_command_names_one_that_is_there():
    for path in [*DEPLOY.rglob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "app/operations").glob("*.py")]:
        text = path.read_text(encoding="utf-8")
        for name in re.findall(r"docs/runbooks/(\w+\.md)", text):
            assert (ROOT / "docs/runbooks" / name).is_file(), (path, name)
    for path in (ROOT / "docs/runbooks").glob("*.md"):
        for words in re.findall(r"\bdecile ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)*)", code_in(path)):
            command_of(words.split())
        named = set(re.findall(r"\bDECILE_[A-Z_]+", path.read_text(encoding="utf-8")))
        assert {name for name in named if not name.startswith(BELONGS_TO_TESTS)} <= SETTINGS


def code_in(path: Path) -> str:
    return "\n".join(re.findall(r"```sh\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL))


def test_a_machine_that_says_it_is_not_ready_pages_nobody_for_errors():
    (served,) = [rule["expr"] for rule in alerts() if rule["alert"] == "ErrorsServed"]
    assert 'route!="/readyz"' in served


def test_the_database_is_ready_when_it_can_be_reached_as_it_will_be():
    """While it is initialised the image's server listens on its socket alone, and ends."""
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    asked = services["database"]["healthcheck"]["test"]
    assert asked[asked.index("-h") + 1] == "127.0.0.1"


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_prometheus_accepts_its_rules():
    subprocess.run(["promtool", "check", "rules", DEPLOY / "prometheus/alerts.yaml"], check=True, capture_output=True)
