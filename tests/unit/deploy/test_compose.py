"""What docs/deploy.md promises about docker-compose.yml, read from the file itself."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from core.queues import QUEUES
from core.settings import Settings
from storepatrol.cli import make_parser

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
JOBS = {name for name, service in SERVICES.items() if service["restart"].startswith("on-failure")}
OURS = {name for name, service in SERVICES.items() if service["image"].startswith("storepatrol:")}
NAMED = re.compile(r"\$\{(\w+)(:[?-])?")
SECRET = re.compile(r"PASSWORD|SECRET|ACCESS_KEY|AUTH|_URL")

every_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)


def test_the_services_of_the_design_are_there() -> None:
    workers = {f"worker-{queue}" for queue in QUEUES}
    assert set(SERVICES) - JOBS == {"postgres", "valkey", "storage", "api", "timer"} | workers
    assert {"database-role", "migrate", "models"} == JOBS


@pytest.mark.parametrize("name", sorted(set(SERVICES) - JOBS))
def test_whatever_stays_up_has_a_health_check(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] in {"CMD", "CMD-SHELL"}
    assert {"interval", "timeout", "retries"} <= set(check)


@pytest.mark.parametrize("name", sorted(JOBS))
def test_whatever_is_a_job_is_waited_for(name: str) -> None:
    waiting = [s for s in SERVICES.values() if s.get("depends_on", {}).get(name)]
    assert waiting
    assert all(s["depends_on"][name]["condition"] == "service_completed_successfully" for s in waiting)


def test_only_the_api_has_a_port_and_only_on_this_host() -> None:
    assert {name for name, service in SERVICES.items() if service.get("ports")} == {"api"}
    assert SERVICES["api"]["ports"] == ["${STOREPATROL_LISTEN:-127.0.0.1:8321}:8321"]


def test_the_lines_for_a_language_model_are_right_once_they_are_no_comments() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    settings, service = (
        re.findall(r"^ +# (STOREPATROL_\w+): ", text, re.M),
        re.search(r"^  # language-model:\n(  # .*\n)+", text, re.M),
    )
    assert {f"STOREPATROL_{name}".upper() for name in Settings.__struct_fields__} >= set(settings)
    assert service
    uncommented = yaml.safe_load(text.replace(service[0], re.sub("^  # ", "  ", service[0], flags=re.M)))
    server = uncommented["services"]["language-model"]
    assert server["networks"] == ["inside"]
    assert server["read_only"]
    assert "STOREPATROL_LANGUAGE_MODEL_URL" in settings


def test_the_databases_are_on_a_network_without_a_way_out() -> None:
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    for name in ("postgres", "valkey", "storage", "database-role", "migrate"):
        assert SERVICES[name]["networks"] == ["inside"]


@every_service
def test_nobody_is_root_or_can_become_root(service: dict[str, Any]) -> None:
    user, group = service["user"].split(":")
    assert int(user) > 0
    assert int(group) > 0
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service


@every_service
def test_the_root_file_system_is_read_only(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["tmpfs"]


@every_service
def test_nobody_can_take_the_whole_machine(service: dict[str, Any]) -> None:
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert service["logging"]["options"]["max-size"]


@every_service
def test_no_secret_is_written_down_or_has_a_default(service: dict[str, Any]) -> None:
    for name, value in service.get("environment", {}).items():
        if SECRET.search(name):
            variables = NAMED.findall(value)
            assert variables, f"{name} is written down"
            assert all(form == ":?" for _, form in variables), f"{name} has a default"


def test_every_variable_is_explained_in_the_example_without_a_value() -> None:
    example = dict(
        line.lstrip("# ").split("=", 1)
        for line in (ROOT / ".env.example").read_text("utf-8").splitlines()
        if re.match(r"(# )?[A-Z0-9_]+=", line)
    )
    needed = {name for name, form in NAMED.findall((ROOT / "docker-compose.yml").read_text("utf-8")) if form == ":?"}
    assert needed <= set(example)
    assert [name for name in needed if example[name]] == []


@pytest.mark.parametrize("name", sorted(OURS))
def test_settings_in_the_file_are_settings_the_product_has(name: str) -> None:
    known = {f"STOREPATROL_{field.name.upper()}" for field in msgspec.structs.fields(Settings)}
    assert set(SERVICES[name]["environment"]) <= known


@pytest.mark.parametrize("name", sorted(OURS | {"storage"}))
def test_commands_are_commands_the_product_has(name: str) -> None:
    service = SERVICES[name]
    make_parser().parse_args(service.get("command", ["stack", "storage", "--folder", "/data"]))
    check = service["healthcheck"].get("test", [])
    if "storepatrol" in check:
        make_parser().parse_args(check[check.index("storepatrol") + 1 :])


def test_data_that_must_survive_is_on_volumes() -> None:
    def mounted(name: str) -> list[str]:
        return [volume.split(":")[0] for volume in SERVICES[name].get("volumes", [])]

    assert mounted("postgres") == ["database"]
    assert SERVICES["postgres"]["volumes"] == ["database:/var/lib/postgresql"]  # not …/data: PostgreSQL 18's image
    assert mounted("storage") == ["blobs"]
    assert mounted("api") == mounted("timer") == ["uploads"]
    assert set(COMPOSE["volumes"]) == {"database", "blobs", "uploads", "models"}


def test_images_have_a_version() -> None:
    for service in SERVICES.values():
        assert re.search(r":(\d|\$\{STOREPATROL_VERSION)", service["image"])


def test_the_image_runs_as_an_ordinary_user() -> None:
    stages = (ROOT / "Dockerfile").read_text("utf-8").split("\nFROM ")
    for stage in stages:
        if re.search(r" AS (app|storage)\n", stage):
            assert re.findall(r"^USER (.*)$", stage, re.MULTILINE)[-1] == "10001:10001"
            assert "HEALTHCHECK" in stage


def test_what_the_image_is_built_from_exists_and_may_be_sent_to_the_builder() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    for line in re.findall(r"^COPY (?!--from)(.*)$", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert f"!{source.split('/')[0]}" in ignored
