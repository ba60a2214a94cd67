"""Alerts as Prometheus evaluates them, which of them Alertmanager lets through when one cause raises many, and their sections in the runbook."""

import asyncio
import os
import re
import subprocess
from pathlib import Path

import httpx
import prepare
import pytest
import yaml
from ports import free_port
from test_documents import anchors, read, section, table
from test_monitoring import rules

ROOT = Path(__file__).parents[1]
CASES = {case["name"]: case for case in yaml.safe_load((ROOT / "tests" / "alerts_test.yml").read_text(encoding="utf-8"))["tests"]}
EVALUATION = 10
"""Seconds between two evaluations of the rules in `tests/alerts_test.yml`."""
ALERTMANAGER = yaml.safe_load((ROOT / "deploy" / "alertmanager.yml").read_text(encoding="utf-8"))
RULES = {rule["alert"]: rule for rule in rules()}
INHIBITIONS = [
    (re.fullmatch(r'alertname="(\w+)"', rule["source_matchers"][0])[1], re.fullmatch(r'alertname=~"([\w|]+)"', rule["target_matchers"][0])[1].split("|"), rule["equal"])
    for rule in ALERTMANAGER["inhibit_rules"]
]  # fmt: skip
"""Of each rule the alert for the cause, those for its symptoms, and the labels that must be equal."""
ALONE = {"EchoesDown", "EchoesGone", "EchoesDiskNearlyFull", "EchoesFull", "EchoesGuessing", "EchoesMessagesGivenUp", "EchoesMistakes", "EchoesQueryFailures", "EchoesUnready", "EchoesWorkerKeepsDying", "EchoesWorkerHung"}  # fmt: skip
"""Alerts that are no symptom of a Redis that is away, so that an outage must not hide them."""


RUNBOOK = "docs/runbook.md"
PARTS = ["Players notice", "Confirm", "Do", "Over"]
"""Of each section of an alert, in this order."""


def program(*names):
    """Its path, or the test is skipped."""
    found = prepare.find(*names)
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"no {names[0]}, and under CI=true nothing is skipped")
        pytest.skip(f"{names[0]} is not installed (Debian: {' '.join(prepare.NEEDED[names])})")
    return found


def labels_of(alert):
    """Those of an alert that is made of one aggregation: the labels by which it groups."""
    grouped = re.findall(r"\bby \(([\w, ]+)\)", RULES[alert]["expr"])
    return {label for one in grouped for label in one.split(", ")} - {"le"}


def seconds(text):
    return sum(int(number) * {"s": 1, "m": 60, "h": 3600}[unit] for number, unit in re.findall(r"(\d+)([smh])", text))


def memory_of(alert):
    """Seconds for which an alert fires after its trouble: its longest range, and for how long it is kept."""
    ranges = [seconds(one) for one in re.findall(r"\[(\w+)\]", RULES[alert]["expr"])]
    return max(ranges, default=0) + seconds(RULES[alert].get("keep_firing_for", "0s"))


@pytest.mark.parametrize(("source", "targets", "equal"), INHIBITIONS, ids=[one[0] for one in INHIBITIONS])
def test_a_cause_inhibits_symptoms_that_exist(source, targets, equal):
    """A ticket never inhibits a page, no alert itself, labels that must be equal are there, and a cause is remembered for as long as its symptoms."""
    assert {source, *targets} <= set(RULES)
    assert source not in targets
    severities = {RULES[target]["labels"]["severity"] for target in targets}
    assert "page" not in severities or RULES[source]["labels"]["severity"] == "page"
    for target in targets:
        assert equal == ["city"] or set(equal) <= labels_of(source) & labels_of(target), target
        assert memory_of(source) >= memory_of(target), f"{target} would notify after {source} has ended"


def test_the_page_lists_every_inhibition():
    """The table in docs/metrics.md is the file; a cause with many symptoms has several rows."""
    said = {}
    for cause, symptoms in table(section("docs/metrics.md", "Alerts")):
        said.setdefault(cause.strip("`"), []).extend(re.findall(r"`(\w+)`", symptoms))
    assert list(said.items()) == [(source, targets) for source, targets, _ in INHIBITIONS]


def test_no_two_alerts_inhibit_each_other():
    """Else both causes would be silent."""
    pairs = {(source, target) for source, targets, _ in INHIBITIONS for target in targets}
    assert not {(target, source) for source, target in pairs} & pairs


def test_pages_and_tickets_go_to_receivers_of_their_own():
    """Every severity that a rule has; alerts of one name are one notification."""
    route = ALERTMANAGER["route"]
    assert route["group_by"] == ["alertname"]
    (pages,) = route["routes"]
    assert pages == {"matchers": ['severity="page"'], "receiver": "pages"}
    assert {route["receiver"], pages["receiver"]} == {receiver["name"] for receiver in ALERTMANAGER["receivers"]}


def test_prometheus_reads_its_files_and_sends_alerts():
    """`promtool` finds nothing wrong, and an Alertmanager is named."""
    path = ROOT / "deploy" / "prometheus.yml"
    done = subprocess.run([program("promtool"), "check", "config", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["alerting"]["alertmanagers"]


def test_the_rules_fire_when_they_should():
    """`tests/alerts_test.yml`, by Prometheus' own tool."""
    done = subprocess.run([program("promtool"), "test", "rules", ROOT / "tests" / "alerts_test.yml"], capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def verdicts(case, alert):
    """Whether an alert must fire, by the second at which a test looks."""
    return {seconds(look["eval_time"]): bool(look.get("exp_alerts")) for look in case["alert_rule_test"] if look["alertname"] == alert}


@pytest.mark.parametrize("alert", RULES)
def test_every_alert_is_seen_to_fire_and_to_stay_silent_just_below(alert):
    """It fires when its `for` is over and not one evaluation earlier; the same series stay silent while its condition does not hold for as long."""
    fires, below = CASES[alert], CASES[f"{alert}, just below"]
    assert [one["series"] for one in fires["input_series"]] == [one["series"] for one in below["input_series"]]
    assert fires["input_series"] != below["input_series"]
    looks = verdicts(fires, alert)
    first = min(second for second, loud in looks.items() if loud)
    last_silent = max(second for second, loud in looks.items() if not loud)
    assert last_silent < first
    if "for" in RULES[alert]:
        assert first - last_silent == EVALUATION
    silent = verdicts(below, alert)
    assert first in silent
    assert not any(silent.values())


@pytest.fixture
async def alertmanager(tmp_path):
    """Alertmanager with the file that ships; a client of its API."""
    binary, port = program("prometheus-alertmanager", "alertmanager"), free_port()
    command = [
        binary, f"--config.file={ROOT / 'deploy' / 'alertmanager.yml'}", f"--storage.path={tmp_path}",
        f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=",
    ]  # fmt: skip
    with (tmp_path / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            async with asyncio.timeout(30):
                while not await ready(client):
                    assert process.returncode is None, (tmp_path / "log").read_text()
                    await asyncio.sleep(0.05)
            yield client
    finally:
        process.terminate()
        await process.wait()


async def ready(client):
    """Whether it answers."""
    try:
        return (await client.get("/-/ready")).is_success
    except httpx.TransportError:
        return False


def firing(*names):
    """These alerts as Prometheus sends them: of two hosts, where they have the label."""
    return [
        {"labels": {"alertname": name, "severity": RULES[name]["labels"]["severity"], **{label: f"{label} {host}" for label in labels_of(name)}}}
        for name in names
        for host in "ab"
    ]  # fmt: skip


async def test_a_redis_that_is_away_is_one_page(alertmanager):
    """All of its symptoms at once, on two hosts: what is left is the cause. What else is wrong is not hidden."""
    (symptoms,) = (targets for source, targets, _ in INHIBITIONS if source == "EchoesRedisDisconnected")
    assert not ALONE & set(symptoms)
    (await alertmanager.post("/api/v2/alerts", json=firing("EchoesRedisDisconnected", *symptoms))).raise_for_status()
    async with asyncio.timeout(30):
        while await loud(alertmanager) != {"EchoesRedisDisconnected"}:
            await asyncio.sleep(0.05)
    (await alertmanager.post("/api/v2/alerts", json=firing("EchoesDiskNearlyFull", "EchoesFull", "EchoesUnready"))).raise_for_status()
    async with asyncio.timeout(30):
        while await loud(alertmanager) != {"EchoesRedisDisconnected", "EchoesDiskNearlyFull", "EchoesFull", "EchoesUnready"}:
            await asyncio.sleep(0.05)


async def loud(client):
    """The names of the alerts that nothing inhibits."""
    answer = await client.get("/api/v2/alerts")
    return {alert["labels"]["alertname"] for alert in answer.raise_for_status().json() if not alert["status"]["inhibitedBy"]}


# ── the runbook ──────────────────────────────────────────────────────────────────────────────────────────────────────


def sections(page):
    """The sections of alerts in a runbook: each heading with its text. Blocks of code are left out."""
    prose = re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^#+ (Echoes\w*)\n(.*?)(?=^#+ |\Z)", prose, re.MULTILINE | re.DOTALL)


def parts(text):
    """The parts of a section: each lead with its text, up to the next lead."""
    return re.findall(r"^\*\*([\w ]+):\*\*(.*?)(?=^\*\*[\w ]+:\*\*|\Z)", text, re.MULTILINE | re.DOTALL)


def test_each_alert_has_one_section_of_the_runbook():
    """In the order of the rules, and no section is about an alert that does not exist."""
    assert [title for title, _ in sections(read(RUNBOOK))] == list(RULES)


@pytest.mark.parametrize(
    "page",
    [
        read(RUNBOOK).replace("## EchoesGaps\n", "## Gaps\n"),
        read(RUNBOOK).replace("## EchoesGaps\n", "## EchoesGap\n"),
        f"{read(RUNBOOK)}\n## EchoesGaps\n",
        f"{read(RUNBOOK)}\n### EchoesOfNothing\n",
    ],
    ids=["missing", "renamed", "twice", "without a rule"],
)
def test_a_section_too_few_or_too_many_is_found(page):
    """The comparison above fails for such a page."""
    assert [title for title, _ in sections(page)] != list(RULES)


@pytest.mark.parametrize(("title", "text"), sections(read(RUNBOOK)), ids=[title for title, _ in sections(read(RUNBOOK))])
def test_a_section_has_its_four_parts(title, text):
    """In their order, and none is empty."""
    found = parts(text)
    assert [lead for lead, _ in found] == PARTS
    assert all(said.strip() for _, said in found), title


@pytest.mark.parametrize("alert", RULES)
def test_the_link_of_an_alert_leads_to_its_section(alert):
    """The annotation `runbook_url`, from the root of the repository."""
    page, _, anchor = RULES[alert]["annotations"]["runbook_url"].partition("#")
    assert (page, anchor) == (RUNBOOK, alert.lower())
    assert anchor in anchors(ROOT / page)
