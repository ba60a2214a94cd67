"""The manifests for Kubernetes: valid by the published schemas, consistent with the code, and no more open than the server needs."""

import ipaddress
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import kubernetes_validate
import kustomized
import promql_parser
import pytest
import tree
import yaml
from echoes import settings
from echoes.prepare import select_backends
from echoes.serving.worker_process import MARGIN
from echoes.settings import Settings
from echoes.storage import migrations
from echoes.web import exposition, health
from echoes.web.path_prefix import INSIDE
from jsonschema import Draft202012Validator
from test_documents import section
from test_monitoring import registered

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "deploy" / "kubernetes"
EXAMPLE = FOLDER / "example"
VERSIONS = ("1.30", "1.37")
"""The oldest version of Kubernetes that the page names, and the newest with a published schema here."""
OBJECTS = kustomized.built(EXAMPLE)
COMPOSE = yaml.safe_load((ROOT / "compose.yml").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
POSTGRESQL, REDIS, DNS = 5432, 6379, 53


def name_of(one):
    return f"{one['kind']} {one['metadata']['name']}"


def the(kind, name="echoes"):
    """The one object of this kind and name."""
    (found,) = [one for one in OBJECTS if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return found


DEPLOYMENT = the("Deployment")
POD = kustomized.pod_of(DEPLOYMENT)
(SERVER,) = POD["containers"]
PODS = [one for one in OBJECTS if kustomized.pod_of(one)]
CONTAINERS = {f"{name_of(one)} {container['name']}": container for one in PODS for container in kustomized.containers_of(one)}


# ── schemas ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def exactly(required, **optional):
    """A JSON Schema of an object with these properties and no others."""
    return {
        "type": "object", "properties": required | optional, "required": list(required), "additionalProperties": False,
    }  # fmt: skip


TEXT = {"type": "string", "minLength": 1}
TEXTS = {"type": "array", "items": TEXT, "minItems": 1}
SECONDS = {"type": "string", "pattern": r"^\d+s$"}
DEFINED = {
    ("monitoring.coreos.com/v1", "ServiceMonitor"): exactly(
        {
            "selector": exactly({"matchLabels": {"type": "object"}}),
            "endpoints": {
                "type": "array", "minItems": 1, "items": exactly({"port": TEXT, "path": TEXT}, interval=SECONDS, scrapeTimeout=SECONDS),
            },
        },
        jobLabel=TEXT,
    ),
    ("cert-manager.io/v1", "Issuer"): exactly({
        "acme": exactly({
            "server": TEXT, "email": TEXT, "privateKeySecretRef": exactly({"name": TEXT}),
            "solvers": {"type": "array", "minItems": 1, "items": exactly({"http01": exactly({"ingress": exactly({"ingressClassName": TEXT})})})},
        }),
    }),
    ("traefik.io/v1alpha1", "Middleware"): exactly({"ipAllowList": exactly({"sourceRange": TEXTS})}),
}  # fmt: skip
"""The kinds that Kubernetes itself does not have, with the schema of their `spec`."""
METADATA = exactly({"name": TEXT, "namespace": TEXT}, labels={"type": "object"})


def is_defined(one):
    """Whether a custom resource definition brings its kind."""
    return (one["apiVersion"], one["kind"]) in DEFINED


@pytest.fixture(scope="module")
def _schemas_are_read_once():
    """The library reads a megabyte of them for each object."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kubernetes_validate.utils, "schema_contents", cache(kubernetes_validate.utils.schema_contents))
        yield


@pytest.mark.usefixtures("_schemas_are_read_once")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("one", [one for one in OBJECTS if not is_defined(one)], ids=name_of)
def test_a_manifest_is_valid_by_the_published_schema(one, version):
    """Strictly: without unknown fields."""
    assert kubernetes_validate.validate(one, version, strict=True) == version


@pytest.mark.parametrize("one", [one for one in OBJECTS if is_defined(one)], ids=name_of)
def test_a_custom_resource_has_its_structure(one):
    """By a schema of this test: the published ones of these kinds are in no package."""
    schema = exactly({"apiVersion": TEXT, "kind": TEXT, "metadata": METADATA, "spec": DEFINED[one["apiVersion"], one["kind"]]})
    Draft202012Validator(schema).validate(one)


def test_the_schemas_find_a_mistake():
    """The checks above bite."""
    wrong = {**DEPLOYMENT, "spec": {**DEPLOYMENT["spec"], "stratgy": {}}}
    with pytest.raises(kubernetes_validate.ValidationError, match="stratgy"):
        kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)


def test_the_page_names_the_versions():
    """The oldest and the newest, and that nothing was run on a cluster."""
    assert f"Kubernetes {VERSIONS[0]} or newer" in PAGE
    assert f"schemas of Kubernetes {VERSIONS[0]} and {VERSIONS[1]}" in PAGE


def test_the_page_names_existing_objects():
    """In its commands: cron jobs, the Deployment and the autoscaler, the volume."""
    commands = PAGE.split("## Kubernetes")[1].split("\n## ")[0]
    assert {*re.findall(r"cronjob/([\w-]+)", commands)} == {one["metadata"]["name"] for one in OBJECTS if one["kind"] == "CronJob"}
    assert {*re.findall(r"deployment[ /]([\w-]+)", commands)} == {DEPLOYMENT["metadata"]["name"]}
    assert {*re.findall(r"delete hpa ([\w-]+)", commands)} == {the("HorizontalPodAutoscaler")["metadata"]["name"]}
    assert {*re.findall(r"kubectl -n ([\w-]+)", commands)} == {the("Namespace")["metadata"]["name"], "traefik"}
    assert f"the volume `{the('PersistentVolumeClaim', 'echoes-backups')['metadata']['name']}`" in commands


def test_the_alerts_become_a_rule_of_the_operator():
    """By the command of the page."""
    (line,) = re.findall(r"^(\{ printf .*) \| kubectl apply -f -$", PAGE, re.MULTILINE)
    made = yaml.safe_load(subprocess.run(["sh", "-c", line], cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    assert (made["apiVersion"], made["kind"]) == ("monitoring.coreos.com/v1", "PrometheusRule")
    assert made["metadata"]["namespace"] == the("ServiceMonitor")["metadata"]["namespace"]
    assert made["metadata"]["labels"] == the("ServiceMonitor")["metadata"]["labels"]
    assert made["spec"] == yaml.safe_load((ROOT / "deploy" / "alerts.yml").read_text(encoding="utf-8"))


def test_the_restore_runs_only_when_it_is_asked_for():
    """A suspended template: first PostgreSQL's tools, then `echoes restored`; a backup at a fixed hour."""
    restore, backup = the("CronJob", "echoes-restore"), the("CronJob", "echoes-backup")
    assert restore["spec"]["suspend"] is True
    assert "suspend" not in backup["spec"]
    pod = kustomized.pod_of(restore)
    assert [one["command"][2:] for one in pod["initContainers"]] == [["restore", "newest"]]
    assert [one["args"] for one in pod["containers"]] == [["restored"]]
    assert [one["command"][2:] for one in kustomized.pod_of(backup)["containers"]] == [["once"]]
    for one in (restore, backup):
        assert one["spec"]["concurrencyPolicy"] == "Forbid"
        tools = [container for container in kustomized.containers_of(one) if "command" in container]
        for container in tools:
            script = container["command"][1]
            (mount,) = [mount for mount in container["volumeMounts"] if script.startswith(mount["mountPath"] + "/")]
            (volume,) = [volume for volume in kustomized.pod_of(one)["volumes"] if volume["name"] == mount["name"]]
            assert Path(script).name in the("ConfigMap", volume["configMap"]["name"])["data"]
            assert environ_of(container)["BACKUP_DIR"] in {mount["mountPath"] for mount in container["volumeMounts"]}


# ── kustomize ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("folder", sorted(path.parent for path in FOLDER.rglob("kustomization.yaml")), ids=lambda path: path.name)
def test_a_kustomization_lists_every_file_of_its_folder(folder):
    """Each file is listed, and each listed file exists."""
    (plan,) = kustomized.objects_of(folder / "kustomization.yaml")
    listed = {*plan.get("resources", []), *(name for made in plan.get("configMapGenerator", []) for name in made.get("files", []))}
    assert {path.name for path in folder.iterdir()} == {name for name in listed if "/" not in name} | {"kustomization.yaml"}
    assert all((folder / name / "kustomization.yaml").is_file() for name in [*listed, *plan.get("components", [])] if "/" in name)


def test_kubectl_builds_the_same_objects():
    """As these tests resolve the kustomizations. kubectl needs no cluster for it."""
    if (kubectl := shutil.which("kubectl")) is None:
        pytest.skip("no kubectl; the other tests resolve the kustomizations by themselves")
    done = subprocess.run([kubectl, "kustomize", EXAMPLE], capture_output=True, text=True, check=True)
    assert kustomized.plain(list(yaml.safe_load_all(done.stdout))) == kustomized.plain(OBJECTS)


def test_everything_is_in_one_namespace():
    """Which the example makes itself. The middleware's name in the Ingress contains it."""
    namespace = the("Namespace")["metadata"]["name"]
    assert {one["metadata"]["namespace"] for one in OBJECTS if one["kind"] != "Namespace"} == {namespace}
    private = the("Ingress", "echoes-private")["metadata"]["annotations"]["traefik.ingress.kubernetes.io/router.middlewares"]
    (middleware,) = [one for one in OBJECTS if one["kind"] == "Middleware"]
    assert private == f"{namespace}-{middleware['metadata']['name']}@kubernetescrd"
    assert the("Ingress")["metadata"]["annotations"]["cert-manager.io/issuer"] == the("Issuer", "letsencrypt")["metadata"]["name"]


def test_every_image_has_a_version():
    """One of the server's for all its containers, which the example names; PostgreSQL's tools are those of compose.yml."""
    images = {container["image"] for container in CONTAINERS.values()}
    (ours,) = [image for image in images if "echoes-of-the-ashes" in image]
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)[1]
    assert ours == f"registry.example.org/{COMPOSE['services']['app']['image']}:{version}"
    assert images == {ours, COMPOSE["services"]["postgres"]["image"]}


# ── the server ───────────────────────────────────────────────────────────────────────────────────────────────────────


def environ_of(container):
    """The variables of a container: names with values."""
    config = {one["metadata"]["name"]: one["data"] for one in OBJECTS if one["kind"] == "ConfigMap"}
    found = {}
    for source in container.get("envFrom", []):
        found |= config[source["configMapRef"]["name"]]
    for one in container.get("env", []):
        reference = one.get("valueFrom", {}).get("configMapKeyRef")
        found[one["name"]] = config[reference["name"]][reference["key"]] if reference else one["value"]
    return found


def in_image(instruction):
    """The value of the last such instruction of the Dockerfile."""
    return re.findall(rf"^{instruction} (.+)$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)[-1]


def test_the_server_accepts_its_settings(tmp_path, monkeypatch):
    """As it reads them at the start, with a secret in each file: production, Redis, and more than one worker."""
    environ = environ_of(SERVER)
    monkeypatch.chdir(tmp_path)
    for name, value in environ.items():
        if name.endswith("_FILE"):
            (tmp_path / name).write_text("0123456789abcdef" * 4 + "\n", encoding="utf-8")
            environ[name] = str(tmp_path / name)
            assert value.startswith("/run/secrets/echoes/")
        monkeypatch.setenv(name, environ[name])
    read = settings.read()
    assert (read.env, read.host, read.port) == ("production", "0.0.0.0", Settings.model_fields["port"].default)  # noqa: S104 - in a pod
    assert read.workers > 1
    assert select_backends(read).max_workers > 1
    assert urlsplit(read.database_url).password


@pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS)
def test_every_variable_of_the_server_is_a_setting(container):
    """In each container."""
    ours = {name for name in environ_of(container) if name.startswith(("ECHOES_", "REDIS_"))}
    assert ours <= tree.settings()
    assert ours or "DATABASE_URL" in environ_of(container)


def test_secrets_are_files():
    """No address contains a password, no variable a secret; each file is mounted, and the page makes each key of the Secret."""
    keys = {
        item["key"] for one in PODS for volume in kustomized.pod_of(one)["volumes"] for item in volume.get("secret", {}).get("items", [])
    }
    assert set(re.findall(r"secrets/([\w-]+)$", section("docs/deploying.md", "The secrets"), re.MULTILINE)) == keys
    for name, container in CONTAINERS.items():
        for variable, value in environ_of(container).items():
            assert not re.search(r"://[^/]*:[^/]*@", value), (name, variable)
            assert variable.endswith("_FILE") or not re.search("PASSWORD|SECRET", variable), (name, variable)
    for one in PODS:
        (volume,) = [volume for volume in kustomized.pod_of(one)["volumes"] if "secret" in volume]
        mounted = {f"/run/secrets/echoes/{item['path']}" for item in volume["secret"]["items"]}
        read = {
            value for container in kustomized.containers_of(one) for name, value in environ_of(container).items() if name.endswith("_FILE")
        }
        assert read == mounted
        assert volume["secret"]["defaultMode"] == 0o440


def test_the_port_is_the_servers():
    """Of the container, the image and the Service."""
    (port,) = SERVER["ports"]
    assert port["containerPort"] == Settings.model_fields["port"].default
    assert in_image("EXPOSE") == str(port["containerPort"])
    (served,) = the("Service")["spec"]["ports"]
    assert (served["port"], served["targetPort"]) == (port["containerPort"], port["name"])
    assert "sessionAffinity" not in the("Service")["spec"]


def test_probes_ask_routes_of_the_server():
    """Whether it lives, for a restart; whether it takes players, for the Service. A migration and a hanging worker get their time."""
    probes = {name: SERVER[f"{name}Probe"] for name in ("startup", "liveness", "readiness")}
    assert {probe["httpGet"]["port"] for probe in probes.values()} == {SERVER["ports"][0]["name"]}
    assert {probes["startup"]["httpGet"]["path"], probes["liveness"]["httpGet"]["path"]} == health.live.paths
    assert {probes["readiness"]["httpGet"]["path"]} == health.ready.paths
    patience = {name: probe["periodSeconds"] * probe["failureThreshold"] for name, probe in probes.items()}
    assert patience["startup"] > migrations.PATIENCE + 60, "a migration waits, then the workers start"
    assert DEPLOYMENT["spec"]["progressDeadlineSeconds"] > patience["startup"]
    assert patience["liveness"] > 2 * Settings.model_fields["worker_silence"].default + 10, "the supervisor replaces a worker that hangs"
    assert patience["readiness"] <= 10


def test_a_pod_may_drain():
    """First proxies learn that it leaves, then SIGTERM comes, and nothing is killed before the supervisor would kill it."""
    before = SERVER["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert before >= 5
    drain = 2 * Settings.model_fields["drain_seconds"].default + 3 * MARGIN
    assert POD["terminationGracePeriodSeconds"] >= before + drain + 10
    assert "ECHOES_DRAIN_SECONDS" not in environ_of(SERVER)
    assert "ECHOES_WORKER_SILENCE" not in environ_of(SERVER)


def test_an_update_takes_no_capacity_away():
    """A new pod is ready before an old one stops, and the autoscaler alone sets the number of pods."""
    assert DEPLOYMENT["spec"]["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    assert "replicas" not in DEPLOYMENT["spec"]
    assert the("HorizontalPodAutoscaler")["spec"]["minReplicas"] >= 2
    assert the("PodDisruptionBudget")["spec"]["maxUnavailable"] == 1
    spread = POD["topologySpreadConstraints"]
    assert [one["topologyKey"] for one in spread] == ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]


def test_every_selector_finds_the_servers_pods_alone():
    """Not those of backups."""
    labels = kustomized.labels_of(DEPLOYMENT)
    selectors = [
        DEPLOYMENT["spec"]["selector"]["matchLabels"], the("Service")["spec"]["selector"], the("PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        the("NetworkPolicy")["spec"]["podSelector"]["matchLabels"], *(one["labelSelector"]["matchLabels"] for one in POD["topologySpreadConstraints"]),
    ]  # fmt: skip
    assert all(selector == labels for selector in selectors)
    others = [kustomized.labels_of(one) for one in PODS if one is not DEPLOYMENT]
    assert others
    assert all(not labels.items() <= one.items() for one in others)
    assert all(one == the("NetworkPolicy", "echoes-backup")["spec"]["podSelector"]["matchLabels"] for one in others)


@pytest.mark.parametrize("one", PODS, ids=name_of)
def test_a_pod_may_do_little(one):
    """The pod security standard "restricted", which the namespace enforces, and more: nothing writable, no token, no injected variables, limits."""
    pod = kustomized.pod_of(one)
    assert the("Namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    rights = pod["securityContext"]
    assert (rights["runAsNonRoot"], rights["seccompProfile"]) == (True, {"type": "RuntimeDefault"})
    assert rights["runAsUser"] == rights["runAsGroup"] == rights["fsGroup"] == 10001
    assert (pod["automountServiceAccountToken"], pod["enableServiceLinks"]) == (False, False)
    assert the("ServiceAccount", pod["serviceAccountName"])["automountServiceAccountToken"] is False
    for container in kustomized.containers_of(one):
        confined = container["securityContext"]
        assert (confined["allowPrivilegeEscalation"], confined["readOnlyRootFilesystem"]) == (False, True)
        assert (confined["capabilities"], confined.get("runAsUser", 1) > 0) == ({"drop": ["ALL"]}, True)
        for kind in ("requests", "limits"):
            assert {"cpu", "memory", "ephemeral-storage"} == set(container["resources"][kind])
    assert all("hostPath" not in volume for volume in pod["volumes"])


def test_the_image_runs_as_the_pods_user():
    """And writes where the pod has a volume."""
    assert in_image("USER") == str(POD["securityContext"]["runAsUser"])
    assert in_image("WORKDIR") == environ_of(SERVER)["ECHOES_DATA_DIR"]
    assert {in_image("WORKDIR"), "/tmp"} <= {mount["mountPath"] for mount in SERVER["volumeMounts"]}  # noqa: S108 - in a pod


def test_the_data_folder_does_not_look_full():
    """`EchoesDiskNearlyFull` fires below 256 MiB of its file system, which in memory is as large as the volume's limit."""
    (data,) = [volume["emptyDir"] for volume in POD["volumes"] if volume["name"] == "data"]
    assert data.get("medium") != "Memory"


def test_each_worker_has_a_cpu():
    """A worker is one event loop, and a limit below it would be a late event loop."""
    assert float(SERVER["resources"]["limits"]["cpu"]) >= int(environ_of(SERVER)["ECHOES_WORKERS"])


# ── the network ──────────────────────────────────────────────────────────────────────────────────────────────────────


def allowed(policy, direction):
    """The peers and the ports of each rule of a policy."""
    assert direction.capitalize() in policy["spec"]["policyTypes"]
    side = "from" if direction == "ingress" else "to"
    return [
        (rule.get(side, []), {(port["port"], port["protocol"]) for port in rule["ports"]}) for rule in policy["spec"].get(direction, [])
    ]


def namespaces(peers):
    """The namespaces that peers name."""
    return {peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for peer in peers if "namespaceSelector" in peer}


def test_players_and_prometheus_reach_the_server_alone():
    """From two namespaces, at the one port; nothing reaches a backup."""
    rules = allowed(the("NetworkPolicy"), "ingress")
    assert [namespaces(peers) for peers, _ in rules] == [{"traefik"}, {"monitoring"}]
    assert all(len(peers) == 1 and set(peers[0]) == {"namespaceSelector"} for peers, _ in rules)
    assert all(ports == {(SERVER["ports"][0]["name"], "TCP")} for _, ports in rules)
    assert allowed(the("NetworkPolicy", "echoes-backup"), "ingress") == []


def test_nothing_of_the_cluster_reaches_the_operators_port():
    """It listens on the pod's loopback address, and no container port, Service or policy names it: `kubectl port-forward` is the way."""
    environ = environ_of(SERVER)
    assert "ECHOES_OPS_HOST" not in environ
    assert Settings.model_fields["ops_host"].default == "127.0.0.1"
    port = int(environ["ECHOES_OPS_PORT"])
    assert f"port-forward deployment/echoes {port}" in (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
    assert port not in {one["containerPort"] for one in SERVER["ports"]} | {one["port"] for one in the("Service")["spec"]["ports"]}


@pytest.mark.parametrize(("name", "wanted"), [("echoes", {POSTGRESQL, REDIS}), ("echoes-backup", {POSTGRESQL})])
def test_the_server_reaches_its_databases_and_dns_alone(name, wanted):
    """DNS, and the ports in its addresses, in the networks that the example names."""
    environ = environ_of(SERVER)
    assert {urlsplit(environ[f"ECHOES_{one}_URL"]).port for one in ("DATABASE", "REDIS")} == {POSTGRESQL, REDIS}
    (resolver, of_dns), *others = allowed(the("NetworkPolicy", name), "egress")
    assert of_dns == {(DNS, "UDP"), (DNS, "TCP")}
    assert namespaces(resolver) == {"kube-system"}
    assert {port for _, ports in others for port in ports} == {(port, "TCP") for port in wanted}
    for peers, _ in others:
        assert [set(peer) for peer in peers] == [{"ipBlock"}]
        assert ipaddress.ip_network(peers[0]["ipBlock"]["cidr"]).is_private


def test_trusted_proxies_are_one_private_network():
    """The pods', where the policy lets the ingress controller and Prometheus alone connect."""
    trusted = ipaddress.ip_network(environ_of(SERVER)["ECHOES_TRUSTED_PROXIES"])
    assert trusted.is_private
    assert 8 < trusted.prefixlen < 32
    assert "ECHOES_TRUSTED_PROXIES" in PAGE.split("## Kubernetes")[1]


def test_metrics_and_health_are_private():
    """Each path that answers without a token has an Ingress of its own, which allows no client."""
    paths = {path["path"] for rule in the("Ingress", "echoes-private")["spec"]["rules"] for path in rule["http"]["paths"]}
    assert paths == set(INSIDE)
    (middleware,) = [one for one in OBJECTS if one["kind"] == "Middleware"]
    (network,) = middleware["spec"]["ipAllowList"]["sourceRange"]
    assert ipaddress.ip_network(network).is_loopback
    hosts = {rule["host"] for name in ("echoes", "echoes-private") for rule in the("Ingress", name)["spec"]["rules"]}
    secured = {host for name in ("echoes", "echoes-private") for one in the("Ingress", name)["spec"]["tls"] for host in one["hosts"]}
    assert len(hosts) == 1
    assert hosts == secured


def test_traefik_has_the_flags_of_compose():
    """It closes idle connections before the server does, redirects to HTTPS, and keeps the addresses of players."""
    values = yaml.safe_load((FOLDER / "helm" / "traefik.yaml").read_text(encoding="utf-8"))
    ours = dict(one.removeprefix("--").split("=", 1) for one in values["additionalArguments"])
    theirs = dict(one.removeprefix("--").split("=", 1) for one in COMPOSE["services"]["proxy"]["command"])
    theirs = {name: re.sub(r"\$\{\w+:-(.*?)\}", r"\1", value) for name, value in theirs.items()}
    assert ours.items() <= theirs.items()
    assert {"serversTransport.forwardingTimeouts.idleConnTimeout", "entryPoints.web.http.redirections.entryPoint.scheme"} <= set(ours)
    assert values["service"]["spec"]["externalTrafficPolicy"] == "Local"


# ── metrics ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def gauges():
    """The names of the server's gauges."""
    return {one._name for one in registered() if one._type == "gauge"}


def custom_metrics():
    """The names of the metrics that the autoscaler takes from Prometheus."""
    return {one["pods"]["metric"]["name"] for one in the("HorizontalPodAutoscaler")["spec"]["metrics"] if one["type"] == "Pods"}


def test_the_autoscaler_reads_existing_metrics():
    """CPU, connections and the delay of the event loop, each a gauge of the server."""
    scaler = the("HorizontalPodAutoscaler")["spec"]
    assert scaler["scaleTargetRef"] == {"apiVersion": DEPLOYMENT["apiVersion"], "kind": "Deployment", "name": "echoes"}
    assert custom_metrics() == {"echoes_connections", "echoes_loop_delay_seconds"}
    assert custom_metrics() <= gauges()
    assert [one["resource"]["name"] for one in scaler["metrics"] if one["type"] == "Resource"] == ["cpu"]
    (connections,) = [
        one["pods"]["target"]["averageValue"]
        for one in scaler["metrics"]
        if one.get("pods", {}).get("metric", {}).get("name") == "echoes_connections"
    ]
    limit = Settings.model_fields["connections"].default * int(environ_of(SERVER)["ECHOES_WORKERS"])
    assert int(connections) < limit / 2, "pods are added long before clients are refused"


def test_the_adapter_offers_the_metrics_of_the_autoscaler():
    """Its queries are PromQL, once it has filled its templates in, and select pods of a namespace."""
    values = yaml.safe_load((FOLDER / "helm" / "prometheus-adapter.yaml").read_text(encoding="utf-8"))
    offered = set()
    for rule in values["rules"]["custom"]:
        name, _ = rule["seriesQuery"].split("{")
        promql_parser.parse(rule["seriesQuery"])
        filled = (
            rule["metricsQuery"]
            .replace("<<.Series>>", name)
            .replace("<<.LabelMatchers>>", 'namespace="n",pod=~"a|b"')
            .replace("<<.GroupBy>>", "pod")
        )
        assert "<<" not in filled
        promql_parser.parse(filled)
        assert set(rule["resources"]["overrides"]) == {"namespace", "pod"}
        offered.add(name)
    assert offered == custom_metrics()


def test_prometheus_finds_the_pods_under_the_job_of_the_alerts():
    """The ServiceMonitor selects the Service, names its port and a route of the server, and the job is that of the alerts."""
    monitor, service = the("ServiceMonitor")["spec"], the("Service")
    assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    (endpoint,) = monitor["endpoints"]
    assert endpoint["port"] == service["spec"]["ports"][0]["name"]
    assert {endpoint["path"]} == exposition.of_host.paths
    alerts = (ROOT / "deploy" / "alerts.yml").read_text(encoding="utf-8")
    assert {service["metadata"]["labels"][monitor["jobLabel"]]} == set(re.findall(r'job="(\w+)"', alerts))


def test_postgresql_has_connections_for_every_pod():
    """The page has the number: each pod that the autoscaler may start, and one more in a rolling update."""
    pods = the("HorizontalPodAutoscaler")["spec"]["maxReplicas"] + DEPLOYMENT["spec"]["strategy"]["rollingUpdate"]["maxSurge"]
    workers, pool = int(environ_of(SERVER)["ECHOES_WORKERS"]), Settings.model_fields["database_pool"].default
    assert f"({pods - 1} + 1) × {workers} × {pool + 1} = {pods * workers * (pool + 1)}" in PAGE
