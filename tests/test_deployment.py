"""The files to deploy with: valid, consistent with the code, and safe where they are careless to get wrong."""

import fnmatch
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import compose_spec
import pytest
import yaml
from click.testing import CliRunner
from dockerfile_parse import DockerfileParser
from echoes import cli
from echoes.settings import WEAK_SECRET_LENGTH, Settings, variable_of
from echoes_redis.greeting import OLDEST

ROOT = Path(__file__).parents[1]
COMPOSE = (ROOT / "compose.yml").read_text(encoding="utf-8")
SERVICES = yaml.safe_load(COMPOSE)["services"]
FOR_COMPOSE = {"DOMAIN", "HTTP_PORT", "POSTGRES_PASSWORD"}
SECRETS = {"ECHOES_SECRET", "POSTGRES_PASSWORD"}


# ── compose.yml ──────────────────────────────────────────────────────────────────────────────────────────────────────


def interpolated(text):
    """As compose puts variables in, with the secrets set and nothing else."""
    return re.sub(r"\$\{(\w+):([-?])(.*?)\}", lambda one: one[3] if one[2] == "-" else "s" * 32, text)


def test_compose_is_valid():
    """By the Compose Specification: no unknown key, no bad duration, no volume or network that is not declared."""
    read = compose_spec.PyCompose.from_yaml(interpolated(COMPOSE))
    read.validate()
    assert set(read.service_names()) == {"proxy", "app", "redis", "postgres"}


@pytest.mark.parametrize(
    ("line", "says"),
    [("restrat: always", "restrat"), ("stop_grace_period: soon", "stop_grace_period"), ("volumes: [nowhere:/data]", "duplicate|nowhere")],
)
def test_a_mistake_in_compose_would_be_found(line, says):
    """The check above bites."""
    with pytest.raises((ValueError, TypeError), match=says):
        compose_spec.PyCompose.from_yaml(
            interpolated(COMPOSE).replace("  redis:\n    image", f"  redis:\n    {line}\n    image")
        ).validate()


def test_redis_keeps_what_it_must_and_evicts_nothing():
    """Append-only file, 512 MB, no eviction, a volume."""
    words = SERVICES["redis"]["command"]
    assert words[0] == "redis-server"
    assert dict(zip(words[1::2], words[2::2], strict=True)) == {
        "--appendonly": "yes",
        "--maxmemory": "512mb",
        "--maxmemory-policy": "noeviction",
    }
    assert re.match(r"redis:7\b", SERVICES["redis"]["image"])
    assert SERVICES["redis"]["volumes"] == ["redis-data:/data"]


def test_every_service_is_watched_and_comes_back():
    """A health check (the server's is in its image), and a restart."""
    for name, service in SERVICES.items():
        assert service["restart"] == "unless-stopped"
        assert name == "app" or service["healthcheck"]["test"][0] == "CMD"
    assert {name: one["condition"] for name, one in SERVICES["app"]["depends_on"].items()} == {
        "postgres": "service_healthy", "redis": "service_healthy",
    }  # fmt: skip


def test_secrets_have_no_default():
    """Without one, compose refuses to start and says how to make one."""
    for secret in SECRETS:
        uses = re.findall(rf"\$\{{{secret}(.*?)\}}", COMPOSE)
        assert uses
        assert all(use.startswith(":?make one") for use in uses)


def test_only_known_variables_are_asked_for():
    """Settings of the server, and those few that .env.example lists for compose."""
    settings = {variable_of(name) for name in Settings.model_fields}
    assert set(re.findall(r"\$\{(\w+)", COMPOSE)) <= settings | FOR_COMPOSE
    ours = {name for name in SERVICES["app"]["environment"] if not name.startswith("ECHOES_REDIS_")}
    assert ours <= settings


def test_traefik_is_not_sticky_and_keeps_inside_what_is_not_public():
    """It asks for readiness, and any container serves any player."""
    labels = SERVICES["app"]["labels"]
    assert not [label for label in labels if "sticky" in label.lower()]
    assert labels["traefik.http.services.echoes.loadbalancer.healthcheck.path"] == "/health/ready"
    assert labels["traefik.http.services.echoes.loadbalancer.server.port"] == SERVICES["app"]["environment"]["ECHOES_PORT"]
    rule = labels["traefik.http.routers.echoes.rule"]
    assert "!PathPrefix(`/metrics`)" in rule
    assert "!PathPrefix(`/health`)" in rule


def test_only_the_proxy_is_reached_from_outside():
    """Databases are on a network that leads nowhere else."""
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert yaml.safe_load(COMPOSE)["networks"]["back"] == {"internal": True}
    assert SERVICES["redis"]["networks"] == SERVICES["postgres"]["networks"] == ["back"]


def test_the_server_may_finish_and_may_do_little_else():
    """Time to drain; no root, no capabilities, nothing writable but what is forgotten."""
    app = SERVICES["app"]
    assert int(app["stop_grace_period"].removesuffix("s")) >= 60
    assert (app["read_only"], app["cap_drop"], app["security_opt"]) == (True, ["ALL"], ["no-new-privileges:true"])
    assert any(one.startswith(app["environment"]["ECHOES_DATA_DIR"]) for one in app["tmpfs"])


# ── Dockerfile ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def dockerfile(tmp_path):
    """The Dockerfile's instructions, read from a copy (its parser opens files for writing)."""
    shutil.copy(ROOT / "Dockerfile", tmp_path)
    return DockerfileParser(path=str(tmp_path)).structure


def words(dockerfile, instruction):
    """What stands behind each instruction of a kind."""
    return [one["value"] for one in dockerfile if one["instruction"] == instruction]


def copied(dockerfile):
    """What is copied from the repository."""
    return [source for value in words(dockerfile, "COPY") if "--from" not in value for source in value.split()[:-1]]


def test_the_image_is_built_in_one_stage_and_run_in_another(dockerfile):
    """Which has what the first one installed, and no more; both are the Python of the project."""
    first, second = words(dockerfile, "FROM")
    assert first.endswith("AS build")
    assert first.split()[0] == second == "python:3.11-slim-bookworm"
    assert [value for value in words(dockerfile, "COPY") if "--from" in value] == ["--from=build /opt/echoes /opt/echoes"]
    last = max(index for index, one in enumerate(dockerfile) if one["instruction"] == "FROM")
    assert not [one for one in dockerfile[last:] if one["instruction"] == "RUN" and re.search(r"\b(pip|apt-get)\b", one["value"])]


def test_the_image_has_what_was_tested_and_no_tools_of_ours(dockerfile):
    """Pinned by constraints.txt, without the extra `dev`."""
    spoken = " ".join(words(dockerfile, "RUN") + words(dockerfile, "ENV"))
    assert "PIP_CONSTRAINT=/build/constraints.txt" in spoken
    assert "[dev]" not in spoken
    assert "-e " not in spoken


def test_the_server_is_not_root(dockerfile):
    """From the last USER on, and that is a number, so that an orchestrator can see it."""
    user = words(dockerfile, "USER")[-1]
    assert user.isdecimal()
    assert int(user) > 0
    order = [one["instruction"] for one in dockerfile]
    assert order.index("USER") < order.index("ENTRYPOINT")
    assert f"--uid {user}" in " ".join(words(dockerfile, "RUN"))
    assert any(f"uid={user}" in one for one in SERVICES["app"]["tmpfs"])


def test_the_image_is_started_stopped_and_watched(dockerfile):
    """`echoes serve`, SIGTERM, and a question whether it lives: not whether it is ready, since it may have to wait."""
    assert words(dockerfile, "ENTRYPOINT") == ['["echoes"]']
    assert words(dockerfile, "CMD") == ['["serve"]']
    assert words(dockerfile, "STOPSIGNAL") == ["SIGTERM"]
    (check,) = words(dockerfile, "HEALTHCHECK")
    assert "/health/live" in check
    compile(re.search(r'"-c", "(.*)"\]', check).group(1), "HEALTHCHECK", "exec")


def test_everything_that_is_copied_is_there_and_not_ignored(dockerfile):
    """Of what .dockerignore lets through."""
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert rules[0] == "*"
    for source in copied(dockerfile):
        assert (ROOT / source).exists(), source
        assert f"!{source}" in rules, source
    assert {rule[1:] for rule in rules if rule.startswith("!")} == set(copied(dockerfile)), "nothing else is sent to the builder"


def test_what_is_copied_makes_a_whole_wheel(dockerfile, tmp_path):
    """The first stage's build, without Docker: pages, pictures, SQL, content and both entry points are in it."""
    for source in copied(dockerfile):
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, tmp_path / "build" / source, ignore=shutil.ignore_patterns("__pycache__", "art"))
        else:
            (tmp_path / "build").mkdir(exist_ok=True)
            shutil.copy(ROOT / source, tmp_path / "build")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path / "wheels", "."],
        cwd=tmp_path / "build", env={"PATH": "/usr/bin:/bin", **_pip_of_this_machine(), "PIP_CONSTRAINT": str(ROOT / "constraints.txt")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (wheel,) = (tmp_path / "wheels").glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        names = opened.namelist()
        entry_points = next(opened.read(name).decode() for name in names if name.endswith("entry_points.txt"))
    for needed in (
        "echoes/web/client/index.html",
        "echoes/storage/functions.sql",
        "echoes/_gamedata/world.yaml",
        "echoes_memory/plugin.py",
        "echoes_redis/plugin.py",
        "echoes/py.typed",
    ):
        assert needed in names
    assert fnmatch.filter(names, "echoes/_gamedata/images/*.svg") or fnmatch.filter(names, "echoes/_gamedata/images/*/*.svg")
    for name in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["echoes.backends"]:
        assert f"{name} = " in entry_points


# ── .env.example ─────────────────────────────────────────────────────────────────────────────────────────────────────


RENEW = "renew it with: make docs"


def test_the_example_environment_is_current():
    """It lists every setting with its meaning and default, and what compose asks for besides."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert text == CliRunner().invoke(cli.main, ["settings", "--example"]).output, RENEW
    names = re.findall(r"^# (\w+)=", text, re.MULTILINE)
    assert names[:3] == sorted(FOR_COMPOSE)
    assert names[3:] == [variable_of(name) for name in Settings.model_fields]


def test_a_copy_of_the_example_changes_nothing():
    """Every line of it is a comment."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert all(line.startswith("# ") for line in text.splitlines() if line)


def test_the_advice_for_secrets_is_good_enough():
    """What `openssl rand -hex 32` makes is long enough for production."""
    assert "openssl rand -hex 32" in COMPOSE
    assert WEAK_SECRET_LENGTH <= 2 * 32


def _pip_of_this_machine():
    """Where this machine's pip looks for packages."""
    return {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "HOME", "SSL_", "HTTP", "http"))}


def test_one_thing_is_said_of_the_oldest_redis():
    """Wherever a page names a version, it is the one that the greeting insists on."""
    root = Path(__file__).parents[1]
    said = [
        version
        for page in ("docs/operations.md", "docs/deploying.md")
        for version in re.findall(r"(?:Redis|\| be) (\d[\d.]*) or newer", (root / page).read_text(encoding="utf-8"))
    ]
    assert said == [".".join(map(str, OLDEST))] * 2
