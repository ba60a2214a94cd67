"""Metrics are documented as they are, and what is made from them (rules, dashboards) speaks of metrics that exist."""

import json
import re
from pathlib import Path

import echoes_redis.metrics
import promql_parser
import pytest
import yaml
from echoes import metrics
from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase
from test_documents import section, table

ROOT = Path(__file__).parents[1]
SOURCES = [path for path in (ROOT / "core").rglob("*.py") if path != Path(metrics.__file__)]
DECLARED = {name: one for name, one in vars(metrics).items() if isinstance(one, MetricWrapperBase)}
OF_REDIS = {name: one for name, one in vars(echoes_redis.metrics).items() if isinstance(one, MetricWrapperBase)}
UNITS = ("_total", "_seconds", "_bytes")
COUNTS = {
    "echoes_connections", "echoes_players", "echoes_feeds", "echoes_subscribers", "echoes_pool_connections", "echoes_world_lock_held",
    "echoes_task_holder", "echoes_outbox_waiting", "echoes_readiness", "echoes_breaker", "echoes_table_rows",
    "echoes_timers_armed", "echoes_timers_failing", "echoes_timer_parts",
}  # fmt: skip
"""Gauges without a unit: they count things that are, or say yes or no."""
TARGETS = {"job", "instance"}
"""Labels that Prometheus adds."""
OF_THE_PROXY = {"traefik_tls_certs_not_after": {"cn", "sans", "serial"}}
"""Series of Traefik, as `tests/end_to_end/test_proxies.py` finds them, each with its labels."""


def registered():
    """Every metric of the server that this process exports."""
    return [one for one in REGISTRY._collector_to_names if isinstance(one, MetricWrapperBase) and one._name.startswith("echoes_")]


def name_of(metric):
    """As Prometheus shows it."""
    return metric._name + ("_total" if metric._type == "counter" else "")


def series():
    """The series that a query can name, each with its labels."""
    found = {"up": TARGETS, "ALERTS": {"alertname", "alertstate", "severity"}}
    found |= {name: labels | TARGETS for name, labels in OF_THE_PROXY.items()}
    for metric in registered():
        labels = {*metric._labelnames} | TARGETS
        if metric._type == "histogram":
            name = metric._name
            found |= {f"{name}_bucket": labels | {"le"}, f"{name}_sum": labels, f"{name}_count": labels}
        else:
            found[name_of(metric)] = labels
    return found


@pytest.mark.parametrize(
    ("page", "title", "declared"),
    [("docs/metrics.md", "The list", DECLARED), ("docs/redis.md", "Metrics", OF_REDIS)],
    ids=["core", "redis"],
)
def test_every_metric_is_in_the_table_and_every_row_is_a_metric(page, title, declared):
    """With its type, its labels and its help text, in the order in which they are declared."""
    said = [(name.strip("`"), kind, labels, tells) for name, kind, labels, tells in table(section(page, title))]
    labels_of = {one: ", ".join(f"`{label}`" for label in sorted(one._labelnames)) or "–" for one in declared.values()}
    assert said == [(name_of(one), one._type, labels_of[one], one._documentation) for one in declared.values()]


def test_every_metric_is_declared_in_one_place():
    """Every metric of the core is in `echoes.metrics`."""
    assert set(registered()) == {*DECLARED.values(), *OF_REDIS.values()}
    elsewhere = re.compile(r"^(?:from|import) prometheus_client\b.*\b(?:Counter|Gauge|Histogram|Summary|Info|Enum)\b", re.MULTILINE)
    assert not [path for path in SOURCES if elsewhere.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("name", DECLARED)
def test_every_metric_is_counted_somewhere(name):
    """None that is always 0."""
    assert any(re.search(rf"\b{name}\b", path.read_text(encoding="utf-8")) for path in SOURCES)


@pytest.mark.parametrize("metric", DECLARED.values(), ids=DECLARED)
def test_every_name_has_its_unit(metric):
    """Seconds, bytes, or a total."""
    assert name_of(metric).endswith(UNITS) or name_of(metric) in COUNTS


def test_every_label_has_its_vocabulary_on_the_page():
    """And none that no metric has."""
    said = {name for cell, _ in table(section("docs/metrics.md", "Labels")) for name in re.findall(r"`(\w+)`", cell)}
    assert said == {label for one in DECLARED.values() for label in one._labelnames}


# ── rules and dashboards ─────────────────────────────────────────────────────────────────────────────────────────────


def rules():
    """Every alert."""
    return [rule for group in yaml.safe_load((ROOT / "deploy" / "alerts.yml").read_text())["groups"] for rule in group["rules"]]


BOARDS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "deploy" / "dashboards").glob("*.json"))}
"""The dashboards, each for one role."""


def queries():
    """Every query of the runbook: a line of a block."""
    blocks = re.findall(r"^```promql\n(.*?)^```$", (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


EXPRESSIONS = {
    **{rule["alert"]: rule["expr"] for rule in rules()},
    **{
        f"{board}: {panel['title']} {target['refId']}": target["expr"]
        for board, made in BOARDS.items()
        for panel in made["panels"]
        for target in panel["targets"]
    },
    **{f"runbook {number}": query for number, query in enumerate(queries(), 1)},
}


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_an_expression_uses_existing_series_and_labels(expression):
    """It is PromQL, each of its series exists, and so do the labels that it matches and groups by."""
    known, parsed = series(), promql_parser.parse(expression)
    used = selected(parsed)
    assert used
    for name, labels in used:
        assert name in known
        assert labels <= known[name], name

    def visit(node):
        if isinstance(node, promql_parser.AggregateExpr) and node.modifier is not None:
            for name, _ in selected(node.expr):
                assert name == "up" or set(node.modifier.labels) <= known[name], name

    promql_parser.walk(parsed, visit)


def selected(expression):
    """The series of a parsed expression by name, each with the labels that it matches."""
    found = []

    def visit(node):
        if isinstance(node, promql_parser.VectorSelector):
            found.append((node.name, {matcher.name for matcher in node.matchers.matchers}))

    promql_parser.walk(expression, visit)
    return found


def test_every_alert_has_a_severity_and_a_meaning():
    """Each has a name of its own."""
    found = rules()
    assert len({rule["alert"] for rule in found}) == len(found)
    for rule in found:
        assert set(rule) <= {"alert", "expr", "for", "keep_firing_for", "labels", "annotations"}
        assert re.fullmatch(r"\d+[smh]", rule.get("for", "1m"))
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"]


def test_every_trouble_of_the_design_has_its_alert():
    """Some alert uses each of these series."""
    spoken = " ".join(rule["expr"] for rule in rules())
    for needed in ('echoes_readiness{status="degraded"}', "> 0.05", "echoes_gaps_total", "echoes_slow_queries_total", "echoes_task_holder", "echoes_outbox_waiting"):  # fmt: skip
        assert needed in spoken


def test_overdue_rows_are_judged_by_the_settings_and_by_the_holder_of_the_lease():
    """The limits are settings; rows kept for ever do not count; and a former holder of the lease reports nothing current."""
    (rule,) = (rule for rule in rules() if rule["alert"] == "EchoesRetentionOverdue")
    overdue = promql_parser.parse(rule["expr"])
    assert (str(overdue.op), str(overdue.lhs.op)) == ("and", ">")
    age, limit = overdue.lhs.lhs.lhs, overdue.lhs.lhs.rhs.expr
    assert (age.name, limit.lhs.name, limit.rhs.val) == ("echoes_table_oldest_seconds", "echoes_table_kept_seconds", 0)
    assert str(overdue.rhs) == 'max by (instance)(echoes_task_holder{task="retention"}) == 1'
    assert series()[age.name] == series()[limit.lhs.name], "the two are compared one to one"


def test_prometheus_scrapes_each_host():
    """At `/metrics`, with the rules that ship; and the proxy."""
    told = yaml.safe_load((ROOT / "deploy" / "prometheus.yml").read_text())
    assert [(job["job_name"], job["metrics_path"]) for job in told["scrape_configs"]] == [("echoes", "/metrics"), ("proxy", "/metrics")]
    assert [(ROOT / "deploy" / name).is_file() for name in told["rule_files"]] == [True]


def test_there_is_a_dashboard_for_each_role():
    """Night shift, capacity, game; each with the labels that link it to the others, and listed on the page."""
    assert set(BOARDS) == {"night-shift", "capacity", "game"}
    assert len({board["uid"] for board in BOARDS.values()}) == len(BOARDS)
    for name, board in BOARDS.items():
        assert board["tags"] == board["links"][0]["tags"] == ["echoes"]
        assert board["title"].startswith("Echoes: ")
        assert f"(../deploy/dashboards/{name}.json)" in (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_a_panel_answers_one_question(board):
    """Its title asks it, its description explains the answer, and no other panel of the dashboard asks the same."""
    titles = [panel["title"] for panel in board["panels"]]
    assert len(set(titles)) == len(titles) > 10
    for panel in board["panels"]:
        assert re.fullmatch(r"[A-Z][^?.]{10,60}\?", panel["title"])
        assert panel["description"].endswith(".")
        assert panel["targets"]
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
        assert panel["datasource"]["uid"] == "${datasource}"


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_panels_do_not_overlap(board):
    """Each has an id of its own, and cells of the grid that no other has."""
    found = board["panels"]
    assert len({panel["id"] for panel in found}) == len(found)
    cells = [
        (x, y)
        for at in (panel["gridPos"] for panel in found)
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def test_the_night_shift_sees_each_page():
    """The dashboard shows what most alerts of the severity `page` are about, and the alerts themselves."""
    shown = " ".join(target["expr"] for panel in BOARDS["night-shift"]["panels"] for target in panel["targets"])
    assert "ALERTS" in shown
    for series in (
        "up{",
        "echoes_readiness",
        "echoes_command_seconds",
        "echoes_turned_away_total",
        "echoes_redis_connected",
        "echoes_query_failures_total",
    ):
        assert series in shown
