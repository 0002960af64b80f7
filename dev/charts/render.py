"""Renders charts and holds every object against Kubernetes' own schemas; runs in an environment of its own.

Reads `{"chart": folder, "release": name, "namespace": name, "minors": [...], "values": {case: values}}` as JSON from
standard input; writes `{case: {"objects": [...], "notes": text, "problems": [...], "unknown": [kinds]}}`
or `{case: {"error": text}}`. Helm is a library where its wheel exists and the `helm` on the path elsewhere.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from importlib.resources import files
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

try:
    import helm_python
except ImportError:
    helm_python = None


class Refused(Exception):
    """Helm refused the values or a template did."""


def by_library(order: dict[str, Any], values: dict[str, Any]) -> dict[str, str]:
    """Render in this process."""
    chart = helm_python.Chart.load(order["chart"])
    try:
        chart.validate_schema(values)
        rendered: dict[str, str] = chart.render(values, name=order["release"], namespace=order["namespace"])
    except helm_python.HelmError as error:
        raise Refused(str(error)) from error
    return rendered


def by_command(order: dict[str, Any], values: dict[str, Any]) -> dict[str, str]:
    """Render by the `helm` on the path."""
    helm = shutil.which("helm")
    if helm is None:
        sys.exit("render: no Helm here; install it (brew install helm), version 3.19 or newer")
    done = subprocess.run(
        [helm, "template", order["release"], order["chart"], "-n", order["namespace"], "-f", "-"],
        input=json.dumps(values), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise Refused(done.stderr.strip())
    return {"all.yaml": done.stdout}


class Schemas:
    """Kubernetes' own schemas of one minor, closed; each is compiled once, which the package's own call does not do."""

    def __init__(self, minor: str) -> None:
        self._folder = files("kubernetes_validate") / "kubernetes-json-schema" / f"v{minor}.0-local-strict"
        definitions = Resource.from_contents(json.loads((self._folder / "_definitions.json").read_text()))
        self._registry = Registry().with_resource("_definitions.json", definitions).crawl()
        self._known: dict[tuple[str, str], Draft202012Validator | None] = {}

    def problem(self, item: dict[str, Any]) -> str | None:
        """What is wrong with an object; empty: nothing, None: no schema of its kind."""
        key = (item["apiVersion"], item["kind"])
        if key not in self._known:
            group = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", item["apiVersion"])
            path = self._folder / f"{item['kind'].lower()}-{group}.json"
            schema = json.loads(path.read_text()) if path.is_file() else None
            self._known[key] = Draft202012Validator(schema, registry=self._registry) if schema else None
        validator = self._known[key]
        if validator is None:
            return None
        error = next(validator.iter_errors(item), None)
        return "" if error is None else f"{error.json_path}: {error.message}"[:400]


def check(
    objects: list[dict[str, Any]], minors: dict[str, Schemas], known: dict[str, str | None]
) -> tuple[list[str], list[str]]:
    """Problems of the objects under each minor, and the kinds no minor has a schema for. `known` remembers verdicts."""
    problems: list[str] = []
    unknown: set[str] = set()
    for item in objects:
        text = json.dumps(item, sort_keys=True)
        for minor, schemas in minors.items():
            if minor + text not in known:
                known[minor + text] = schemas.problem(item)
            found = known[minor + text]
            if found is None:
                unknown.add(f"{item['apiVersion']} {item['kind']}")
            elif found:
                problems.append(f"{minor} {item['kind']}/{item['metadata']['name']} {found}")
    return problems, sorted(unknown)


def main() -> None:
    """Answer one order."""
    order = json.load(sys.stdin)
    render = by_library if helm_python is not None else by_command
    answers: dict[str, Any] = {}
    known: dict[str, str | None] = {}
    minors = {minor: Schemas(minor) for minor in order["minors"]}
    for case, values in order["values"].items():
        try:
            manifests = render(order, values)
        except Refused as error:
            answers[case] = {"error": str(error)}
            continue
        objects = [
            item
            for path, text in manifests.items()
            if not path.endswith(".txt")
            for item in yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
            if item
        ]
        problems, unknown = check(objects, minors, known)
        notes = next((text for path, text in manifests.items() if path == "stocktool/templates/NOTES.txt"), "")
        answers[case] = {"objects": objects, "notes": notes, "problems": problems, "unknown": unknown}
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
