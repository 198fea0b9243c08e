"""The Helm chart: rendered by Helm's engine, judged by Kubernetes' own schemas, then by what only we know.

No cluster is at hand: nothing is started here.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.requirements import require_library

require_library("helm_python")
ROOT = Path(__file__).parents[3]
CHART = ROOT / "deploy/helm/parvis"
VALUES: dict[str, Any] = {
    "image": {"repository": "registry.example.fr/parvis"},
    "url": "https://parvis.example.fr",
    "officeNetworks": [{"cidr": "10.20.0.0/16", "except": ["10.20.0.0/24"]}, {"cidr": "10.30.0.0/16"}],
    "trustedProxies": ["10.42.0.0/16"],
    "filesUrl": "s3://parvis?endpoint=https://s3.example.fr",
}
OLDEST, NEWEST = "1.27", "1.35"
Manifest = dict[str, Any]


def rendered(values: dict[str, Any]) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.servers.helm_render", str(CHART)]
    done = subprocess.run(command, input=json.dumps(values), capture_output=True, text=True, check=True, cwd=ROOT)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def manifests(answer: dict[str, Any]) -> list[Manifest]:
    texts = [text for name, text in answer["documents"].items() if name.endswith(".yaml")]
    return [each for text in texts for each in yaml.safe_load_all(text) if each]


@pytest.fixture(scope="module")
def answer() -> dict[str, Any]:
    return rendered(VALUES)


@pytest.fixture(scope="module")
def all_of(answer: dict[str, Any]) -> list[Manifest]:
    return manifests(answer)


def one(all_of: list[Manifest], kind: str, name: str) -> Manifest:
    (found,) = [each for each in all_of if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    return found


def pods(all_of: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    for each in all_of:
        if each["kind"] in ("Deployment", "StatefulSet", "Job"):
            yield each["metadata"]["name"], each["spec"]["template"]


def containers(pod: Manifest) -> list[Manifest]:
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def variables(container: Manifest) -> dict[str, Any]:
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in container.get("env", [])}


def test_helm_has_nothing_against_it(answer: dict[str, Any]) -> None:
    assert [said for said in answer["lint"] if said[0] != "info"] == []
    assert "WARNING" not in answer["documents"]["parvis/templates/NOTES.txt"]


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_kubernetes_knows_every_field(all_of: list[Manifest], version: str) -> None:
    for each in all_of:
        kubernetes_validate.validate(each, version, strict=True)
    broken = {**one(all_of, "Service", "parvis-portal"), "spec": {"ports": [{"prot": 1}]}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, version, strict=True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://parvis.example.fr"},
        {"url": ""},
        {"image": {"repository": ""}},
        {"image": {"repository": "x", "tag": "latest"}},
        {"officeNetworks": []},
        {"settings": {"PARVIS_DATABASE_URL": "postgresql://parvis:secret@db/parvis"}},
        {"settings": {"PARVIS_FILES_SECRET_KEY": "secret"}},
        {"filesUrl": "s3://key:secret@parvis"},
        {"gateway": {"replicas": 0}},
    ],
    ids=str,
)
def test_values_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    assert "error" in rendered({**VALUES, **wrong})


def test_every_selector_finds_its_pods(all_of: list[Manifest]) -> None:
    labels = {name: pod["metadata"]["labels"] for name, pod in pods(all_of)}

    def found(selector: dict[str, str]) -> list[str]:
        return [name for name, own in labels.items() if selector.items() <= own.items()]

    for each in all_of:
        name, spec = each["metadata"]["name"], each["spec"]
        if each["kind"] == "Service" and name != "parvis-nowhere":
            assert found(spec["selector"]) == [name]
        elif each["kind"] in ("PodDisruptionBudget", "Deployment", "StatefulSet"):
            assert found(spec["selector"]["matchLabels"]) == [name]
        elif each["kind"] == "NetworkPolicy":
            assert found(spec["podSelector"]["matchLabels"]) == [name]
    assert "selector" not in one(all_of, "Service", "parvis-nowhere")["spec"]


def test_ports_and_probes_meet(all_of: list[Manifest]) -> None:
    for name, pod in pods(all_of):
        for container in containers(pod):
            named = {port["name"] for port in container.get("ports", [])}
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                if named:
                    assert container[probe]["httpGet"]["port"] in named, name
    for service in ("portal", "gateway"):
        port = one(all_of, "Service", f"parvis-{service}")["spec"]["ports"][0]["targetPort"]
        (pod,) = [pod for name, pod in pods(all_of) if name == f"parvis-{service}"]
        assert port in {each["name"] for each in pod["spec"]["containers"][0]["ports"]}
    portal = one(all_of, "Deployment", "parvis-portal")["spec"]["template"]["spec"]["containers"][0]
    assert (portal["livenessProbe"]["httpGet"]["path"], portal["readinessProbe"]["httpGet"]["path"]) == (
        "/livez",
        "/readyz",
    )
    scaled = one(all_of, "HorizontalPodAutoscaler", "parvis-portal")["spec"]["scaleTargetRef"]
    assert one(all_of, scaled["kind"], scaled["name"])
    assert "replicas" not in one(all_of, "Deployment", "parvis-portal")["spec"], "the autoscaler decides"


def test_what_is_mounted_is_a_volume(all_of: list[Manifest]) -> None:
    for name, pod in pods(all_of):
        volumes = {each["name"] for each in pod["spec"].get("volumes", [])}
        if name == "parvis-gateway":
            claims = one(all_of, "StatefulSet", name)["spec"]["volumeClaimTemplates"]
            volumes |= {each["metadata"]["name"] for each in claims}
        for container in containers(pod):
            mounted = {each["name"] for each in container["volumeMounts"]}
            assert mounted <= volumes, name
            assert "/tmp" in {each["mountPath"] for each in container["volumeMounts"]}, "the root is read-only"


def test_pods_may_do_little(all_of: list[Manifest]) -> None:
    for name, pod in pods(all_of):
        context = pod["spec"]["securityContext"]
        assert context["runAsNonRoot"] is True, name
        assert context["runAsUser"] == 990, "as the image says"
        assert pod["spec"]["automountServiceAccountToken"] is False
        for container in containers(pod):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_secrets_are_by_reference_and_gateways_have_one(all_of: list[Manifest]) -> None:
    assert not [each for each in all_of if each["kind"] in ("Secret", "ConfigMap")]
    told = {name: variables(containers(pod)[-1]) for name, pod in pods(all_of)}
    for name, values in told.items():
        for variable, value in values.items():
            if re.search(r"SECRET|DATABASE_URL|CACHE_URL|EMAIL_URL|CALDAV_URL", variable):
                assert set(value) == {"secretKeyRef"}, (name, variable)
    assert told["parvis-portal"]["PARVIS_DATABASE_URL"]["secretKeyRef"]["name"] == "parvis-environment"
    by_reference = [name for name, value in told["parvis-gateway"].items() if isinstance(value, dict)]
    assert by_reference == ["PARVIS_GATEWAY_NAME", "PARVIS_GATEWAY_SECRET"]


def test_every_variable_is_one_that_parvis_reads(all_of: list[Manifest]) -> None:
    pages = [ROOT / f"docs/reference/{name}.md" for name in ("settings", "gateway")]
    text = "".join(page.read_text() for page in pages)
    known = set(re.findall(r"PARVIS_[A-Z_]+", text))
    known |= {f"PARVIS_GATEWAY_{name}" for name in re.findall(r"`([A-Z_]+)` \d", text)}
    known |= {"DJANGO_SETTINGS_MODULE", "PARVIS_LISTEN"}  # the second one: `serve.options`
    used = {name for _, pod in pods(all_of) for each in containers(pod) for name in variables(each)}
    assert used - known == set()


def test_gateway_and_portal_take_the_values(all_of: list[Manifest]) -> None:
    """What the chart tells them is what their own readers accept."""
    from parvis.gateway.settings import Settings
    from parvis.portal.config import env

    told = {name: variables(containers(pod)[-1]) for name, pod in pods(all_of)}
    plain = {name: value for name, value in told["parvis-gateway"].items() if isinstance(value, str)}
    gateway = Settings.from_environment(
        {**plain, "PARVIS_GATEWAY_NAME": "parvis-gateway-0", "PARVIS_GATEWAY_SECRET": "s" * 32}
    )
    assert gateway.listen == ("0.0.0.0", 8001)
    assert gateway.portal_url == "http://parvis-portal:8000"
    plain = {name: value for name, value in told["parvis-portal"].items() if isinstance(value, str)}
    plain |= {
        "PARVIS_DATABASE_URL": "postgresql://x@db/x",
        "PARVIS_FILES_ACCESS_KEY": "a",
        "PARVIS_FILES_SECRET_KEY": "b",
    }
    portal = env.parse({name: value for name, value in plain.items() if name != "PARVIS_FILES_CREDENTIALS"})
    assert portal.addresses == gateway.addresses
    assert portal.is_proxy("10.42.7.7")


def test_a_gateway_is_emptied_and_given_the_time(all_of: list[Manifest]) -> None:
    spec = one(all_of, "StatefulSet", "parvis-gateway")["spec"]["template"]["spec"]
    container = spec["containers"][0]
    assert "kill -USR1 1" in container["lifecycle"]["preStop"]["exec"]["command"][-1]
    drain = int(variables(container)["PARVIS_GATEWAY_DRAIN_LIMIT_SECONDS"])
    assert (drain, spec["terminationGracePeriodSeconds"]) == (28800, 28800 + 300)
    assert container["command"][0].endswith("/python"), "process 1 must be the one that hears the signal"


def test_no_person_is_bound_to_a_pod_and_inner_doors_are_closed(all_of: list[Manifest]) -> None:
    assert not re.search("affinity-mode|ClientIP|session-cookie|affinity: cookie", yaml.safe_dump(all_of))
    ingress = one(all_of, "Ingress", "parvis")
    (rule,) = ingress["spec"]["rules"]
    assert rule["host"] == "parvis.example.fr"
    leads = {each["path"]: each["backend"]["service"]["name"] for each in rule["http"]["paths"]}
    assert leads == {
        "/internal": "parvis-nowhere",
        "/metrics": "parvis-nowhere",
        "/gateway/metrics": "parvis-nowhere",
        "/gateway": "parvis-gateway",
        "/": "parvis-portal",
    }


def test_a_gateway_reaches_office_pcs_and_the_portal_alone(all_of: list[Manifest]) -> None:
    policy = one(all_of, "NetworkPolicy", "parvis-gateway")["spec"]
    names, portal, offices = policy["egress"]
    assert {port["port"] for port in names["ports"]} == {53}
    assert portal["to"][0]["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "portal"
    assert [each["ipBlock"] for each in offices["to"]] == VALUES["officeNetworks"]
    assert offices["ports"] == [
        {"port": 3389, "endPort": 3389, "protocol": "TCP"},
        {"port": 5900, "endPort": 5999, "protocol": "TCP"},
    ]


def test_portals_may_be_kept_to_what_they_need() -> None:
    rule = {"to": [{"ipBlock": {"cidr": "10.9.0.0/24"}}], "ports": [{"port": 5432}]}
    all_of = manifests(rendered({**VALUES, "networkPolicy": {"egress": [rule]}}))
    for name in ("portal", "worker", "migrate"):
        egress = one(all_of, "NetworkPolicy", f"parvis-{name}")["spec"]["egress"]
        assert rule in egress
        assert {} not in egress


def test_for_trials_without_a_bucket_the_notes_warn() -> None:
    answer = rendered({**VALUES, "filesUrl": "", "trustedProxies": []})
    assert answer["documents"]["parvis/templates/NOTES.txt"].count("WARNING") == 2
