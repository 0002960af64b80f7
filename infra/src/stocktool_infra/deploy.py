"""Deploys a synthesised template through CloudFormation's change sets, the same way on an emulator and on AWS."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from stocktool_infra.reconcile import reconcile

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

LOCAL_STACK = "stocktool-local"
_POLL_SECONDS = 0.1
_TIMEOUT_SECONDS = 600.0
_SETTLED = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE")

Say = Callable[[str], None]


class DeployFailed(Exception):
    """CloudFormation refused or rolled back; the message names the resources and reasons it gave."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """What a deployment left behind.

    Attributes:
        outputs: The stack's outputs by name.
        changed: True if CloudFormation had something to do.
        reconciled: Properties that had to be set through the API because the emulator's CloudFormation dropped them.
    """

    outputs: dict[str, str]
    changed: bool
    reconciled: tuple[str, ...]


class Clients:
    """Makes each AWS client once."""

    def __init__(self, endpoint_url: str | None) -> None:
        """Use `endpoint_url` if given, else what the environment says."""
        self._session = boto3.session.Session()
        self._endpoint_url = endpoint_url
        self._made: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        """The client of `service`."""
        if service not in self._made:
            config = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=5)
            self._made[service] = self._session.client(  # type: ignore[call-overload]  # the name is not a literal
                service, endpoint_url=self._endpoint_url, config=config
            )
        return self._made[service]

    @property
    def is_emulated(self) -> bool:
        """True when calls go to an endpoint of somebody's choice instead of AWS."""
        address: str = self("cloudformation").meta.endpoint_url
        return not address.removesuffix("/").endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws"))


def local_template() -> Path:
    """The committed template of the `local` environment."""
    return Path(str(files("stocktool_infra"))).parents[1] / "templates" / "local.template.json"


def deploy(
    template: Path | None = None,
    *,
    stack: str = LOCAL_STACK,
    parameters: Mapping[str, str] | None = None,
    endpoint_url: str | None = None,
    say: Say = lambda _: None,
) -> Deployment:
    """Make `stack` equal to `template`; again with nothing changed, it changes nothing.

    Args:
        template: A synthesised template; the committed `local` one by default.
        stack: Its name in CloudFormation.
        parameters: Values of the template's parameters.
        endpoint_url: An emulator's address; by default AWS_ENDPOINT_URL, else AWS itself.
        say: Told about each step.

    Raises:
        DeployFailed: A resource could not be made, or the stack does not settle.
    """
    clients = Clients(endpoint_url)
    body = (template or local_template()).read_text()
    cloudformation: CloudFormationClient = clients("cloudformation")
    changed = _apply(cloudformation, stack, body, parameters or {}, say)
    reconciled: tuple[str, ...] = ()
    if clients.is_emulated:
        reconciled = reconcile(clients, stack)
        if reconciled:
            say(f"set {len(reconciled)} properties that the emulator's CloudFormation drops")
    described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    outputs = {entry["OutputKey"]: entry["OutputValue"] for entry in described.get("Outputs", [])}
    return Deployment(outputs, changed, reconciled)


def _status(cloudformation: CloudFormationClient, stack: str) -> str | None:
    try:
        return cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
    except ClientError as error:
        if error.response["Error"].get("Code") == "ValidationError":
            return None
        raise


def _apply(
    cloudformation: CloudFormationClient, stack: str, body: str, parameters: Mapping[str, str], say: Say
) -> bool:
    status = _status(cloudformation, stack)
    if status in {"ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS", "DELETE_FAILED"}:
        # A first creation that failed can only be deleted and made anew.
        say(f"removing the remains of an earlier attempt ({status})")
        cloudformation.delete_stack(StackName=stack)
        _await(lambda: _status(cloudformation, stack) in {None, "DELETE_COMPLETE"}, f"{stack} is not deleted")
        status = None
    creating = status in {None, "DELETE_COMPLETE"}
    name = f"deploy-{time.time_ns()}"
    try:
        cloudformation.create_change_set(
            StackName=stack,
            ChangeSetName=name,
            ChangeSetType="CREATE" if creating else "UPDATE",
            TemplateBody=body,
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Tags=[{"Key": "project", "Value": "stocktool"}],
        )
    except ClientError as error:
        if error.response["Error"].get("Code") != "ValidationError":
            raise
        reason = error.response["Error"].get("Message", "")
        raise DeployFailed(f"CloudFormation refused the template of {stack}: {reason}") from error
    changes = _await_change_set(cloudformation, stack, name)
    if changes == 0:
        cloudformation.delete_change_set(StackName=stack, ChangeSetName=name)
        return False
    say(f"{'creating' if creating else 'updating'} {changes} resources of {stack}")
    cloudformation.execute_change_set(StackName=stack, ChangeSetName=name)
    _await(lambda: not (_status(cloudformation, stack) or "").endswith("_IN_PROGRESS"), f"{stack} does not settle")
    if (settled := _status(cloudformation, stack)) not in _SETTLED:
        raise DeployFailed(f"{stack} ended as {settled}:\n{_failures(cloudformation, stack)}")
    return True


def _await_change_set(cloudformation: CloudFormationClient, stack: str, name: str) -> int:
    """Wait until the change set is computed; the number of changes in it."""
    status = "CREATE_PENDING"
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while status in {"CREATE_PENDING", "CREATE_IN_PROGRESS"}:
        answer = cloudformation.describe_change_set(StackName=stack, ChangeSetName=name)
        status = answer["Status"]
        if status == "FAILED":
            reason = answer.get("StatusReason", "")
            if "didn't contain changes" in reason or "No updates are to be performed" in reason:
                return 0
            raise DeployFailed(f"CloudFormation refused the template of {stack}: {reason}")
        if time.monotonic() > deadline:
            raise DeployFailed(f"the change set of {stack} is not ready after {_TIMEOUT_SECONDS:.0f} s")
        if status != "CREATE_COMPLETE":
            time.sleep(_POLL_SECONDS)
    return len(answer["Changes"])


def _await(done: Callable[[], bool], complaint: str) -> None:
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while not done():
        if time.monotonic() > deadline:
            raise DeployFailed(f"{complaint} after {_TIMEOUT_SECONDS:.0f} s")
        time.sleep(_POLL_SECONDS)


def _failures(cloudformation: CloudFormationClient, stack: str) -> str:
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    return "\n".join(
        f"  {event.get('LogicalResourceId')} ({event.get('ResourceType')}): {event.get('ResourceStatusReason')}"
        for event in events
        if event.get("ResourceStatus", "").endswith("_FAILED")
    )


def as_json(deployment: Deployment) -> str:
    """The outputs as one JSON object."""
    return json.dumps(deployment.outputs, sort_keys=True)
