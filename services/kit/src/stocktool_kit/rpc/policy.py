"""Who may call which method, read from the protos."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from stocktool.common.v1 import auth_pb2

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.errors import PermissionDenied, Unauthenticated


@dataclass(frozen=True, slots=True)
class MethodPolicy:
    """A method's declared policy; exactly one of the three holds."""

    scope: str = ""
    public: bool = False
    service: bool = False

    def admit(self, caller: Caller | None) -> None:
        """Refuse a caller the policy does not name.

        Raises:
            Unauthenticated: Nobody is known.
            PermissionDenied: Somebody is, and may not.
        """
        if self.public:
            return
        if caller is None:
            raise Unauthenticated("sign in first: the call carries no token")
        if self.service:
            if not caller.service:
                raise PermissionDenied("only services of the mesh call this method")
            return
        caller.require(self.scope)


def policies(services: Iterable[ServiceDescriptor]) -> Mapping[str, MethodPolicy]:
    """Policies by full method name (`/stocktool.auth.v1.AuthService/Delegate`).

    Raises:
        ValueError: A method declares none, or more than one.
    """
    return {
        f"/{service.full_name}/{method.name}": _policy(method) for service in services for method in service.methods
    }


def _policy(method: MethodDescriptor) -> MethodPolicy:
    declared = method.GetOptions().Extensions[auth_pb2.auth]
    policy = MethodPolicy(declared.scope, declared.public, declared.service)
    if sum(map(bool, (policy.scope, policy.public, policy.service))) != 1:
        raise ValueError(f"{method.full_name} must declare one of scope, public and service")
    return policy
