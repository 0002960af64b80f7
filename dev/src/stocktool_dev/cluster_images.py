"""`make images`: every image of the mesh by whichever builder is there; sizes above the base against budgets."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stocktool_dev.emulator import ROOT

DOCKERFILE = ROOT / "services" / "Dockerfile"
SERVICES = ("auth", "stock", "rag", "chat", "admin", "market", "analyst")
PROGRAMS = ("edge", "chroma", "emulator", "frontend")
BUILDERS = ("docker", "podman", "buildah")
# Uncompressed megabytes above the base.
BUDGETS: Mapping[str, int] = {"auth": 110}
LARGEST = 450
_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}


class ImagesFailed(Exception):
    """No builder, or a build that failed; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Builder:
    """docker, podman or buildah."""

    name: str

    @classmethod
    def find(cls, environment: Mapping[str, str]) -> Builder:
        """The one named in STOCKTOOL_BUILDER, else the first on the path that answers.

        Raises:
            ImagesFailed: There is none.
        """
        wanted = environment.get("STOCKTOOL_BUILDER")
        for name in [wanted] if wanted else BUILDERS:
            if shutil.which(name) and not subprocess.run([name, "info"], capture_output=True, check=False).returncode:
                return cls(name)
        raise ImagesFailed(
            f"{wanted or 'docker, podman or buildah'} is missing or does not answer\n"
            "  cure: Debian: apt-get install buildah; macOS: brew install podman && podman machine init --now"
        )

    def build(self, image: str, tag: str, base: str, more: Sequence[str]) -> list[str]:
        """The command that builds one image."""
        kind = ["--target", image] if image in PROGRAMS else ["--build-arg", f"SERVICE={image}"]
        verb = ["bud", "--layers"] if self.name == "buildah" else ["build"]
        return [
            self.name, *verb, "-f", str(DOCKERFILE), "--build-arg", f"BASE={base}", *kind, *more,
            "-t", f"stocktool/{image}:{tag}", str(ROOT),
        ]  # fmt: skip

    def size(self, image: str) -> int:
        """Uncompressed bytes of an image."""
        if self.name == "buildah":
            listed = json.loads(_said([self.name, "images", "--json", image]))
            return as_bytes(listed[0]["size"])
        return int(_said([self.name, "image", "inspect", "--format", "{{.Size}}", image]))


def as_bytes(text: str) -> int:
    """Read a size as buildah prints it.

    Raises:
        ValueError: It is none.
    """
    found = re.fullmatch(r"([0-9.]+) ?([KMG]?B)", text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no size")
    return round(float(found[1]) * _UNITS[found[2]])


def _said(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ImagesFailed(f"`{' '.join(command)}` ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return done.stdout


def distributions(package: str) -> set[str]:
    """Every distribution the lock installs for a workspace package without development groups, on any platform."""
    locked = {entry["name"]: entry for entry in tomllib.loads((ROOT / "uv.lock").read_text())["package"]}
    found: set[str] = set()
    waiting: list[tuple[str, tuple[str, ...]]] = [(package, ())]
    while waiting:
        name, extras = waiting.pop()
        entry = locked[name]
        needed = list(entry.get("dependencies", []))
        for extra in extras:
            needed += entry.get("optional-dependencies", {}).get(extra, [])
        if name in found and not extras:
            continue
        found.add(name)
        waiting += [(each["name"], tuple(each.get("extra", ()))) for each in needed]
    return found


def over_budget(megabytes: Mapping[str, float]) -> list[str]:
    """Images that are larger than they may be."""
    return [
        f"{image} is {size:.0f} MB above the base; at most {BUDGETS.get(image, LARGEST)} are meant"
        for image, size in megabytes.items()
        if size > BUDGETS.get(image, LARGEST)
    ]


def run(images: Sequence[str] = (*SERVICES, *PROGRAMS), environment: Mapping[str, str] = os.environ) -> int:
    """Build and print sizes; 1 if an image is over its budget.

    STOCKTOOL_BASE and STOCKTOOL_TAG name another base and tag; STOCKTOOL_BUILD_FLAGS are handed to the builder.
    """
    builder = Builder.find(environment)
    base = environment.get("STOCKTOOL_BASE", "docker.io/library/python:3.13-slim-bookworm")
    tag = environment.get("STOCKTOOL_TAG", "0.1.0")
    sizes: dict[str, float] = {}
    for image in images:
        started = time.monotonic()
        command = builder.build(image, tag, base, environment.get("STOCKTOOL_BUILD_FLAGS", "").split())
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            tail = "\n".join(done.stdout.strip().splitlines()[-30:])
            raise ImagesFailed(f"{image} cannot be built by {builder.name}:\n{tail}")
        sizes[image] = (builder.size(f"stocktool/{image}:{tag}") - builder.size(base)) / 1e6
        print(f"  {time.monotonic() - started:6.1f} s  stocktool/{image}:{tag}  {sizes[image]:.0f} MB above the base")
    for line in over_budget(sizes):
        print(f"images: {line}", file=sys.stderr)
    return int(bool(over_budget(sizes)))


def main() -> int:
    """Build the images named on the command line, or all."""
    try:
        return run(sys.argv[1:] or (*SERVICES, *PROGRAMS))
    except ImagesFailed as error:
        print(f"images: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
