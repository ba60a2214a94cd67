"""The objects that `kubectl kustomize` makes of a folder, for those features of kustomize that `deploy/kubernetes` uses."""

import copy
import re
from pathlib import Path

import yaml

KINDS = {"Kustomization": "kustomize.config.k8s.io/v1beta1", "Component": "kustomize.config.k8s.io/v1alpha1"}
KEYS = {"apiVersion", "kind", "namespace", "resources", "components", "images", "configMapGenerator", "patches"}
NAMES = {("configMapRef", "name"), ("configMapKeyRef", "name"), ("configMap", "name")}
"""Where an object names a ConfigMap."""


def objects_of(path):
    """The objects of one file."""
    return [one for one in yaml.safe_load_all(path.read_text(encoding="utf-8")) if one]


def built(folder: Path):
    """The objects that the kustomization of a folder makes. ConfigMaps keep their plain names, without a digest of their content."""
    return _added(folder, [])


def _added(folder, below):
    (plan,) = objects_of(folder / "kustomization.yaml")
    assert plan["apiVersion"] == KINDS[plan["kind"]], folder
    assert set(plan) <= KEYS, folder
    objects = below if plan["kind"] == "Component" else []
    for name in plan.get("resources", []):
        path = (folder / name).resolve()
        objects += built(path) if path.is_dir() else objects_of(path)
    for made in plan.get("configMapGenerator", []):
        _generate(folder, made, objects)
    for name in plan.get("components", []):
        objects = _added((folder / name).resolve(), objects)
    for patch in plan.get("patches", []):
        _patch(patch, objects)
    for one in objects:
        if "namespace" in plan and one["kind"] != "Namespace":
            one["metadata"]["namespace"] = plan["namespace"]
        for image in plan.get("images", []):
            _rename(one, image)
    return objects


def _generate(folder, made, objects):
    assert set(made) <= {"name", "behavior", "literals", "files"}
    data = dict(literal.split("=", 1) for literal in made.get("literals", []))
    data |= {name: (folder / name).read_text(encoding="utf-8") for name in made.get("files", [])}
    former = [one for one in objects if one["kind"] == "ConfigMap" and one["metadata"]["name"] == made["name"]]
    if made.get("behavior") == "merge":
        (one,) = former
        one["data"] |= data
    else:
        assert "behavior" not in made
        assert not former
        objects.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": made["name"]}, "data": data})


def _patch(patch, objects):
    assert set(patch) == {"target", "patch"}
    assert set(patch["target"]) == {"kind", "name"}
    (one,) = [one for one in objects if (one["kind"], one["metadata"]["name"]) == (patch["target"]["kind"], patch["target"]["name"])]
    for step in yaml.safe_load(patch["patch"]):
        *way, last = step["path"].strip("/").split("/")
        place = one
        for part in way:
            place = place[int(part) if isinstance(place, list) else part]
        if step["op"] == "test":
            assert place[last] == step["value"], step
        else:
            assert step["op"] == "add"
            assert isinstance(place, dict)
            place[last] = copy.deepcopy(step["value"])


def _rename(one, image):
    for container in containers_of(one):
        if container["image"].partition(":")[0] == image["name"]:
            container["image"] = f"{image['newName']}:{image['newTag']}"


def pod_of(one):
    """The pod's specification in a Deployment or a CronJob; None in any other object."""
    if one["kind"] == "CronJob":
        return one["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return one["spec"]["template"]["spec"] if one["kind"] == "Deployment" else None


def labels_of(one):
    """The labels of the pods of a Deployment or a CronJob."""
    outer = one["spec"]["jobTemplate"]["spec"] if one["kind"] == "CronJob" else one["spec"]
    return outer["template"]["metadata"]["labels"]


def containers_of(one):
    """The containers of a Deployment or a CronJob, those that run first included."""
    pod = pod_of(one) or {}
    return [*pod.get("initContainers", []), *pod.get("containers", [])]


def plain(objects):
    """The objects by kind and name, with ConfigMaps and references to them without the digest that `kubectl` appends."""
    names = [one["metadata"]["name"] for one in objects if one["kind"] == "ConfigMap"]
    digested = {name: re.sub(r"-[0-9a-z]{10}$", "", name) for name in names}

    def without(value, above=""):
        if isinstance(value, dict):
            return {
                key: digested.get(one, one) if (above, key) in NAMES | {("metadata", "name")} else without(one, key)
                for key, one in value.items()
            }
        return [without(one, above) for one in value] if isinstance(value, list) else value

    return {(one["kind"], one["metadata"]["name"]): one for one in (without(one) for one in objects)}
