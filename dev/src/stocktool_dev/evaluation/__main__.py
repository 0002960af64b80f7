"""`make eval`: asks the golden questions, prints the score, and keeps the report.

Without `STOCKTOOL_URL` it starts a mesh of its own, freshly seeded, and takes it down again; the report then goes to
the mesh of this checkout too, if that is up, so that its admin page shows it.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from stocktool_dev import status, vault
from stocktool_dev.emulator import ROOT
from stocktool_dev.evaluation import report
from stocktool_dev.evaluation.asking import MeshFailed, Visit, signed_in
from stocktool_dev.evaluation.keeping import AdminKeeper, FolderKeeper, NotKept, ReportKeeper
from stocktool_dev.evaluation.oracle import OracleFailed
from stocktool_dev.evaluation.questions import Case, QuestionsBroken, families, fingerprint, load, reads_documents
from stocktool_dev.evaluation.run import OFFLINE, Outcome, run
from stocktool_dev.layout import Layout, Misconfigured
from stocktool_dev.model import VARIABLE as MODEL_VARIABLE
from stocktool_dev.own_mesh import MeshRefused, mesh_of_its_own
from stocktool_dev.seed import ADMIN, DEMO

URL = "STOCKTOOL_URL"
ADMIN_PASSWORD = "STOCKTOOL_ADMIN_PASSWORD"  # noqa: S105 - the name of a variable
LEAST = 0.85  # a little below what the offline analyst reaches


@dataclass(frozen=True, slots=True)
class Place:
    """A mesh, with the passwords of the two users the demo has."""

    url: str
    demo_password: str
    admin_password: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Evaluate.

    Returns:
        0 when the score is reached, 1 when it is not, 2 when nothing could be asked.
    """
    wanted = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        cases = _chosen(load(), wanted.only, wanted.case)
        with _place(wanted.model) as place:
            return _evaluate(cases, place, wanted)
    except (QuestionsBroken, OracleFailed, MeshFailed, MeshRefused, Misconfigured, httpx.HTTPError) as error:
        print(f"eval: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m stocktool_dev.evaluation",
        description="Asks the golden questions end to end and scores plan, figures, citations, conduct and receipts.",
        epilog=f"{URL} names a mesh to ask instead of one of its own; its demo data have to be as planted. Passwords: "
        f"{vault.PASSWORD_VARIABLE}, and {ADMIN_PASSWORD} where the administrator's is another one.",
    )
    parser.add_argument("--model", default="", help="a model the mesh offers; default: the mesh's own default")
    parser.add_argument(
        "--only", action="append", default=[], metavar="FAMILY", help="only this family; may be repeated"
    )
    parser.add_argument("--case", action="append", default=[], metavar="ID", help="only this case; may be repeated")
    parser.add_argument(
        "--least", type=_fraction, default=LEAST, help="score below which this fails (default: %(default)s)"
    )
    parser.add_argument("--not-kept", action="store_true", help="print the report without storing it")
    return parser


def _fraction(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError("is a fraction from 0 to 1")
    return value


def _chosen(cases: Sequence[Case], only: Sequence[str], ids: Sequence[str]) -> list[Case]:
    unknown = (set(only) - set(families(cases))) | (set(ids) - {case.id for case in cases})
    if unknown:
        raise QuestionsBroken(
            f"no such family or case: {', '.join(sorted(unknown))}; families: {', '.join(families(cases))}"
        )
    if not only and not ids:
        return list(cases)
    return [case for case in cases if case.family in only or case.id in ids]


@contextmanager
def _place(model: str) -> Iterator[Place]:
    """The mesh that is named, or one of its own."""
    url = os.environ.get(URL, "").rstrip("/")
    if url:
        own = Layout.from_environment()
        demo = os.environ.get(vault.PASSWORD_VARIABLE, "")
        if not demo and (own.state / "secrets.json").exists():
            known = vault.load(own.state / "secrets.json")
            yield Place(url, known.demo_password, known.admin_password)
            return
        if not demo:
            raise MeshFailed(f"{URL} is set; set {vault.PASSWORD_VARIABLE} too")
        yield Place(url, demo, os.environ.get(ADMIN_PASSWORD, demo))
        return
    _say("starting a mesh of its own")
    asked = {} if model in {"", OFFLINE} or os.environ.get(MODEL_VARIABLE) else {MODEL_VARIABLE: model}
    with mesh_of_its_own(asked) as layout:
        known = vault.load(layout.state / "secrets.json")
        yield Place(f"http://127.0.0.1:{layout.port}", known.demo_password, known.admin_password)


def _evaluate(cases: Sequence[Case], place: Place, wanted: argparse.Namespace) -> int:
    at = datetime.now(UTC)
    with signed_in(place.url, DEMO, place.demo_password) as client, ExitStack() as stack:
        visit = Visit(client, wanted.model)
        stack.callback(visit.clear)
        if any(reads_documents(case) for case in cases):
            visit.plant()
        _say(f"asking {visit.model} {sum(len(case.questions) for case in cases)} questions in {len(cases)} cases")
        outcomes = run(cases, visit, lambda number, outcome: _progress(number, len(cases), outcome))
    circumstances = report.Circumstances(at, visit.model, _commit(), fingerprint(), [*wanted.only, *wanted.case])
    document = report.document(outcomes, circumstances)
    print("\n".join(report.lines(document)), flush=True)
    if not wanted.not_kept:
        _keep(document, place)
    score = report.share(document)
    if score < wanted.least:
        print(f"eval: the score {score:.1%} is below {wanted.least:.1%}", file=sys.stderr)
        return 1
    return 0


def _keep(document: report.Document, place: Place) -> None:
    """Store the report; where that fails it is said, and the score still counts."""
    layout = Layout.from_environment()
    with ExitStack() as stack:
        keepers: list[ReportKeeper] = [FolderKeeper(layout.state / "evaluations")]
        try:
            keepers.extend(
                AdminKeeper(stack.enter_context(signed_in(each.url, ADMIN, each.admin_password)))
                for each in _shown_by(place, layout)
            )
        except (MeshFailed, httpx.HTTPError) as error:
            _say(f"not kept: {error}")
        for keeper in keepers:
            try:
                _say(f"kept as {keeper.keep(document)}")
            except (NotKept, MeshFailed, httpx.HTTPError) as error:
                _say(f"not kept: {error}")


def _shown_by(place: Place, layout: Layout) -> Iterator[Place]:
    """Meshes whose admin page is to show the report: the one that was asked where it stays, and this checkout's."""
    if os.environ.get(URL):
        yield place
        return
    secrets = layout.state / "secrets.json"
    if secrets.exists() and status.answers(layout.port, "/healthz")[0]:
        yield Place(f"http://127.0.0.1:{layout.port}", "", vault.load(secrets).admin_password)


def _progress(number: int, count: int, outcome: Outcome) -> None:
    missed = sorted({check.axis for each in outcome.scored for check in each.checks if not check.met})
    verdict = "ok" if outcome.passed else f"FAILED {', '.join(missed)}"
    _say(f"[{number:>3}/{count}] {outcome.case.family} / {outcome.case.id}: {verdict} ({outcome.seconds:.1f} s)")


def _commit(root: Path = ROOT) -> str:
    """The checkout's commit, with a plus when it was changed since; empty outside of a repository."""
    command = ["git", "describe", "--always", "--dirty=+", "--abbrev=9", "--exclude=*"]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
