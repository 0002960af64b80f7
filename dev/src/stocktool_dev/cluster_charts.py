"""The charts: schemas and documentation generated from one description, rendering of every shape in `ci/`."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic_settings import BaseSettings

from stocktool_dev.cluster_values import Global, Workload
from stocktool_dev.emulator import ROOT

Json = dict[str, Any]

CHARTS = ROOT / "charts"
UMBRELLA = CHARTS / "stocktool"
LIBRARY = CHARTS / "stocktool-lib"
CASES = UMBRELLA / "ci"
GRAPH = ROOT / "docs" / "operations" / "graph.md"
RENDERER = ROOT / "dev" / "charts" / "render.py"
PYTHON = ROOT / ".tools" / "charts" / "bin" / "python"
MINORS = ("1.34", "1.35", "1.36")
RELEASE, NAMESPACE = "st", "mesh"

# Chart -> Settings class whose fields its `settings` may name.
SETTINGS: Mapping[str, str] = {
    **{name: f"stocktool_{name}.settings:Settings" for name in ("auth", "stock", "rag", "chat", "admin")},
    **{name: f"stocktool_{name}.settings:Settings" for name in ("analyst", "market")},
    "edge": "stocktool_edge.settings:EdgeSettings",
}
# Environment that no Settings class declares: what SDKs and the platform read.
SDK_VARIABLES = (
    "AWS_*", "OTEL_*", "OPENAI_*", "POD_IP", "HOME", "ANONYMIZED_TELEMETRY",
)  # fmt: skip


class RenderFailed(Exception):
    """The renderer itself did not run."""


def service_charts() -> list[Path]:
    """The thin charts, by name."""
    return sorted(path.parent for path in CHARTS.glob("*/Chart.yaml") if path.parent not in {UMBRELLA, LIBRARY})


def cases() -> dict[str, Json]:
    """Values of every shape in `ci/`, by name."""
    return {
        path.name.removesuffix("-values.yaml"): yaml.safe_load(path.read_text()) or {}
        for path in sorted(CASES.glob("*-values.yaml"))
    }


def settings_of(chart: str) -> type[BaseSettings] | None:
    """The Settings class of a chart's service; None for programs of others."""
    if chart not in SETTINGS:
        return None
    module, _, name = SETTINGS[chart].partition(":")
    found: type[BaseSettings] = getattr(import_module(module), name)
    return found


def setting_names(model: type[BaseModel], before: str = "") -> Iterator[tuple[str, str]]:
    """Every field as its environment name without the prefix, and its description; nested ones by `__`."""
    for name, field in model.model_fields.items():
        nested = next((each for each in _classes(field.annotation) if issubclass(each, BaseModel)), None)
        if nested is not None:
            yield from setting_names(nested, f"{before}{name.upper()}__")
        else:
            yield f"{before}{name.upper()}", field.description or ""


def _classes(annotation: object) -> Iterator[type]:
    if isinstance(annotation, type):
        yield annotation
        return
    # Containers of models (`dict[str, ModelPrice]`) are one JSON value and not nested fields.
    if getattr(annotation, "__origin__", None) not in {dict, list, tuple}:
        for each in getattr(annotation, "__args__", ()):
            yield from _classes(each)


# ---- schemas ----


def _plain(schema: Any) -> Any:
    """pydantic's schema without titles and defaults, which values.yaml states itself."""
    if isinstance(schema, dict):
        kept = {key: value for key, value in schema.items() if key not in {"title", "default"} or key == "properties"}
        if "properties" in kept:
            properties = {key: _plain(value) for key, value in kept["properties"].items()}
            return {key: properties if key == "properties" else _plain(value) for key, value in kept.items()}
        return {key: _plain(value) for key, value in kept.items()}
    return [_plain(each) for each in schema] if isinstance(schema, list) else schema


def _chart_schema(chart: Path) -> tuple[Json, Json]:
    """Schema of one service chart's own values, and the definitions it refers to."""
    workload = Workload.model_json_schema(ref_template="#/$defs/{model}")
    definitions: Json = _plain(workload.pop("$defs", {}))
    definitions["Workload"] = _plain(workload)
    names = list(yaml.safe_load((chart / "values.yaml").read_text())["workloads"])
    properties: Json = {
        "workloads": {
            "type": "object",
            "additionalProperties": False,
            "properties": {name: {"$ref": "#/$defs/Workload"} for name in names},
        }
    }
    settings = settings_of(chart.name)
    if settings is not None:
        values = {"type": ["string", "number", "boolean", "array", "object"]}
        properties["settings"] = {
            "type": "object",
            "additionalProperties": False,
            "properties": {name: {**values, "description": text} for name, text in setting_names(settings)},
        }
    return {"type": "object", "additionalProperties": False, "properties": properties}, definitions


def schemas() -> dict[Path, str]:
    """Every `values.schema.json`, by path."""
    found: dict[Path, str] = {}
    base = Global.model_json_schema(ref_template="#/$defs/{model}")
    definitions: Json = _plain(base.pop("$defs"))
    everything: Json = {"global": _plain(base)}
    for chart in service_charts():
        own, needed = _chart_schema(chart)
        definitions |= needed
        # A parent's `global` and the library's empty values reach every child.
        own["properties"] |= {"global": {"type": "object"}, "stocktool-lib": {"type": "object"}}
        everything[chart.name] = own
        found[chart / "values.schema.json"] = _text({**own, "$defs": needed})
    everything["stocktool-lib"] = {"type": "object"}
    umbrella = {"type": "object", "additionalProperties": False, "properties": everything, "$defs": definitions}
    found[UMBRELLA / "values.schema.json"] = _text(umbrella)
    return found


def _text(schema: Json) -> str:
    return json.dumps({"$schema": "http://json-schema.org/draft-07/schema#", **schema}, indent=1) + "\n"


# ---- documentation ----


def readme() -> str:
    """The umbrella's README with its tables of values."""
    path = UMBRELLA / "README.md"
    before, _, rest = path.read_text().partition("<!-- values -->\n")
    _, _, after = rest.partition("<!-- end of values -->\n")
    values = yaml.safe_load((UMBRELLA / "values.yaml").read_text())
    rows = "\n".join(_rows(Global, values["global"], "global."))
    table = f"| value | default | meaning |\n| --- | --- | --- |\n{rows}\n"
    return f"{before}<!-- values -->\n{table}<!-- end of values -->\n{after}"


def _rows(model: type[BaseModel], values: Json, before: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        nested = next((each for each in _classes(field.annotation) if issubclass(each, BaseModel)), None)
        if nested is not None:
            yield from _rows(nested, values[name], f"{before}{name}.")
            continue
        default = "see values.yaml" if name == "mesh" else f"`{json.dumps(values[name])}`".replace("|", "\\|")
        yield f"| `{before}{name}` | {default} | {field.description} |"


def graph() -> str:
    """The call graph as a page with a picture, from the umbrella's values."""
    mesh: dict[str, Json] = yaml.safe_load((UMBRELLA / "values.yaml").read_text())["global"]["mesh"]
    lines: list[str] = []
    for name, node in mesh.items():
        for call in node["calls"]:
            target, _, port = call.partition(".")
            lines.append(f"  {name} -->{f'|{port}|' if port else ''} {target}")
    picture = "\n".join(lines)
    return (
        "# Who may call whom\n\n"
        "Made from `global.mesh` in `charts/stocktool/values.yaml` by `make charts-generate`; network policies and\n"
        "certificates are made from the same lines. Everything that is not drawn here is closed. `aws`, `model`,\n"
        "`provider` and `internet` stand for the world outside, or for what stands in for it.\n\n"
        f"```mermaid\nflowchart LR\n{picture}\n```\n"
    )


def generated() -> dict[Path, str]:
    """Every generated file with the text it should have."""
    return schemas() | {UMBRELLA / "README.md": readme(), GRAPH: graph()}


def stale() -> list[Path]:
    """Generated files that are not what they should be."""
    return [path for path, text in generated().items() if not path.is_file() or path.read_text() != text]


# ---- rendering ----


@contextmanager
def assembled() -> Iterator[Path]:
    """The umbrella with its charts inside, as `helm dependency build` would make it, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="stocktool-charts-") as folder:
        whole = Path(folder) / "stocktool"
        skip = shutil.ignore_patterns("charts", "Chart.lock")
        shutil.copytree(UMBRELLA, whole, ignore=skip)
        for chart in [LIBRARY, *service_charts()]:
            shutil.copytree(chart, whole / "charts" / chart.name, ignore=skip)
        yield whole


def render(values: Mapping[str, Json], minors: Sequence[str] = ()) -> dict[str, Json]:
    """Render the umbrella with each of the values, and hold the objects against the schemas of `minors`.

    Raises:
        RenderFailed: The renderer is not installed or broke; a chart that refuses is an answer.
    """
    if not PYTHON.is_file():
        raise RenderFailed(f"{PYTHON} is missing; run `make charts` or `python3 dev/bootstrap.py charts`")
    with assembled() as chart:
        order = {
            "chart": str(chart), "release": RELEASE, "namespace": NAMESPACE, "minors": list(minors), "values": values,
        }  # fmt: skip
        done = subprocess.run(
            [str(PYTHON), str(RENDERER)], input=json.dumps(order), capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise RenderFailed(done.stderr.strip()[-2000:])
    answer: dict[str, Json] = json.loads(done.stdout)
    return answer


def is_sdk_variable(name: str) -> bool:
    """Whether a variable is on the committed list of those that SDKs and the platform read."""
    return any(re.fullmatch(pattern.replace("*", ".*"), name) for pattern in SDK_VARIABLES)


def generate() -> int:
    """Write every generated file that is not up to date."""
    texts = generated()
    for path in stale():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(texts[path])
        print(f"wrote {path.relative_to(ROOT)}")
    return 0
