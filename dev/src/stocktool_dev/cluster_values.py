# ruff: noqa: N815 - keys of Helm values are camel case
"""What the chart's values may be: the closed schemas and the tables of the chart's README are made of these models.

The charts stay plain YAML; these classes describe it and nothing at run time reads them.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Text = str
Number = float
Scalar = str | int | float | bool
Labels = dict[str, str]
Resource = dict[str, str | int]


class Closed(BaseModel):
    """A map whose keys are known: a mistyped one is refused."""

    model_config = ConfigDict(extra="forbid")


class Image(Closed):
    """Where images come from."""

    registry: Text = Field(description="Put before every repository; empty: as it is.")
    tag: Text = Field(description="Tag of our images; empty: the chart's version. `latest` is refused.")
    digests: dict[str, str] = Field(description="Repository to digest (`sha256:...`); a digest wins over any tag.")
    pullPolicy: Literal["Always", "IfNotPresent", "Never"] = Field(description="When nodes pull.")
    pullSecrets: list[Labels] = Field(description="Secrets for the registry, as `{name: ...}`.")


class Node(Closed):
    """One workload in the call graph."""

    enabled: bool = Field(description="Whether it runs.")
    identity: Text = Field(default="", description="Name in its certificate; workers share their service's.")
    traces: bool = Field(default=False, description="Whether it sends spans to the collector.")
    ports: dict[str, int] = Field(description="Port by name.")
    calls: list[str] = Field(description='"<workload>.<port>", or aws, model, provider, internet.')


class Aws(Closed):
    """Account and credentials."""

    region: Text = Field(description="Region of everything.")
    account: Text = Field(description="Account id; topics and queues are named by it.")
    knowledgeBucket: Text = Field(description="S3 bucket of documents and derived data.")
    identity: Literal["static", "podIdentity", "irsa"] = Field(description="How pods get credentials.")
    staticSecret: Text = Field(description="Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
    allowStaticKeys: bool = Field(description="Let static keys be used against AWS itself.")
    roleArns: dict[str, str] = Field(description="Workload to role, for irsa.")


class Model(Closed):
    """The language model."""

    baseUrl: Text = Field(description="A compatible server; empty: OpenAI itself.")
    models: dict[str, dict[str, str | int | float]] = Field(description="Models on offer with prices per million.")


class Egress(Closed):
    """What pods may reach outside the mesh."""

    podIdentityAgent: bool = Field(description="The Pod Identity agent, 169.254.170.23:80.")
    awsEndpoints: list[str] = Field(description="Networks of VPC endpoints, on 443.")
    internet443: bool = Field(description="All but private and link-local networks, on 443.")


class Policies(Closed):
    """Network policies."""

    enabled: bool = Field(description="Default-deny both ways, and the declared edges.")
    allowNone: bool = Field(description="Accept a mesh without policies.")
    scrapeFrom: list[dict[str, Any]] = Field(description="Peers that may scrape the operations ports.")
    edgeFrom: list[dict[str, Any]] = Field(description="Peers that may reach the edge; empty: everybody.")
    apiServer: list[str] = Field(description="Networks of the API server, for the setup Job; empty: any.")
    dns: list[dict[str, Any]] = Field(description="Peers that answer names.")
    dnsPorts: list[int] = Field(description="Ports of those.")


class Issuer(Closed):
    """cert-manager's issuer."""

    name: Text = Field(description="An issuer of yours; empty: one is made for the mesh.")
    kind: Literal["Issuer", "ClusterIssuer"] = Field(description="Its kind.")


class Mtls(Closed):
    """Mutual TLS between services."""

    mode: Literal["job", "certManager", "none"] = Field(description="Who makes certificates.")
    generation: int = Field(ge=1, description="The authority that signs.")
    trust: list[int] = Field(min_length=1, description="Authorities that are trusted.")
    issue: int = Field(ge=1, description="A higher number issues all certificates anew.")
    issuer: Issuer
    allowPlaintext: bool = Field(description="Accept plaintext between services with mode none.")
    serviceTokenSecret: Text = Field(description="With mode none: Secret with the key `token`.")


class Autoscaling(Closed):
    """Scaling."""

    enabled: bool = Field(description="Scale; replicas are left out then.")
    keda: bool = Field(description="Workers follow queue depth and age by KEDA.")


class Ingress(Closed):
    """An Ingress of any class."""

    className: Text = Field(description="Class; empty: the cluster's default.")
    annotations: Labels = Field(description="For the controller, such as those of ALB.")
    tlsSecret: Text = Field(description="Secret with the certificate; empty: the controller finds one.")


class Gateway(Closed):
    """Gateway API routes."""

    name: Text = Field(description="Gateway the routes attach to.")
    namespace: Text = Field(description="Its namespace; empty: ours.")
    grpc: bool = Field(description="A GRPCRoute too.")
    grpcHost: Text = Field(description="Host of the GRPCRoute; empty: `host`.")


class Exposure(Closed):
    """How the edge is reached."""

    type: Literal["nodePort", "ingress", "gateway", "none"] = Field(description="By what.")
    nodePort: int = Field(ge=0, le=32767, description="The port; 0: any.")
    host: Text = Field(description="Host name of Ingress or routes.")
    serviceAnnotations: Labels = Field(description="On the public Service.")
    ingress: Ingress
    gateway: Gateway


class Telemetry(Closed):
    """Metrics, logs, traces."""

    cloudwatchMetrics: bool = Field(description="The five metrics by PutMetricData.")
    cloudwatchLogs: bool = Field(description="Logs by PutLogEvents.")
    logLevel: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(description="Lowest level that is logged.")
    tracesTo: Literal["debug", "xray"] = Field(description="Where the collector sends traces.")
    tracePercent: Number = Field(ge=0, le=100, description="Share of ordinary traces that is kept.")


class RemoteKey(Closed):
    """A key of a secret store."""

    key: Text = Field(description="Name in the store.")
    property: Text = Field(default="", description="Property of it.")


class Store(Closed):
    """The secret store."""

    name: Text = Field(description="Its name.")
    kind: Literal["SecretStore", "ClusterSecretStore"] = Field(description="Its kind.")


class ExternalSecrets(Closed):
    """Secrets fetched by the External Secrets operator."""

    refreshInterval: Text = Field(description="How often.")
    store: Store
    secrets: dict[str, dict[str, RemoteKey]] = Field(description="Secret to its keys.")


class Demo(Closed):
    """The demo."""

    enabled: bool = Field(description="Two users, a portfolio and a document, made by the emulator's keeper.")


class Global(Closed):
    """What the whole mesh shares."""

    publicOrigin: Text = Field(pattern=r"^https?://[^/]+$", description="Where browsers reach the mesh.")
    allowPlainHttp: bool = Field(description="Let the origin be plain http without the emulator.")
    proxyHops: int = Field(ge=0, description="Proxies that append to X-Forwarded-For.")
    clusterDomain: Text = Field(description="DNS domain of the cluster.")
    assumeApis: list[str] = Field(description="APIs the cluster will have where rendering cannot ask it.")
    marketNow: Text = Field(description="The market's now; empty: real time.")
    replicas: int = Field(ge=1, description="Replicas of what names no number of its own.")
    preStopSeconds: int = Field(ge=0, description="Time for endpoints to be forgotten before a pod is told to stop.")
    drainSeconds: int = Field(ge=1, description="Time for work in flight afterwards.")
    nodeSelector: Labels = Field(description="Nodes of all pods.")
    storageClass: Text = Field(description="Of all volumes; empty: the cluster's default.")
    spread: list[str] = Field(description="Topology keys along which pods of a workload keep apart.")
    priorityClass: Text = Field(description="Of all pods; may be a template.")
    createPriorityClass: bool = Field(description="Make that class.")
    priorityValue: int = Field(description="Its value.")
    secretsVersion: Scalar = Field(description="Another text rolls all pods.")
    image: Image
    mesh: dict[str, Node] = Field(description="The call graph.")
    aws: Aws
    model: Model
    egress: Egress
    networkPolicy: Policies
    mtls: Mtls
    autoscaling: Autoscaling
    exposure: Exposure
    telemetry: Telemetry
    externalSecrets: ExternalSecrets
    demo: Demo


class WorkloadImage(Closed):
    """Image of one workload."""

    repository: Text = Field(description="Repository below the registry.")
    registry: Text | None = Field(default=None, description="Instead of global.image.registry.")
    tag: Text = Field(default="", description="Instead of global.image.tag.")
    digest: Text = Field(default="", pattern=r"^(sha256:[0-9a-f]{64})?$", description="Wins over any tag.")


class Probes(Closed):
    """Probes over HTTP."""

    port: Text = Field(description="Port by name.")
    live: Text = Field(description="Path of startup and liveness: can the process go on?")
    ready: Text = Field(description="Path of readiness: should it be called?")
    startSeconds: int = Field(ge=1, description="Time to start.")


class Resources(Closed):
    """Requests and limits."""

    requests: Resource
    limits: Resource


class Queue(Closed):
    """The queue a worker follows."""

    name: Text = Field(description="Its name.")
    url: Text = Field(description="Its address; a template.")
    depth: int = Field(ge=1, description="Messages per replica.")
    ageSeconds: int = Field(ge=1, description="Age of the oldest message at which one more is wanted.")


class Scaling(Closed):
    """Bounds of a workload."""

    min: int = Field(ge=0, description="Fewest replicas; 0 only with KEDA.")
    max: int = Field(ge=1, description="Most replicas.")
    cpu: int = Field(ge=1, le=100, description="Percent of the request that is aimed at.")
    queue: Queue | None = None


class SecretKey(Closed):
    """One key of a Secret."""

    name: Text = Field(description="Secret; a template.")
    key: Text = Field(description="Key in it.")
    optional: bool = Field(default=False, description="Start without it.")


class Mount(Closed):
    """A folder that may be written."""

    path: Text = Field(description="Where.")
    size: Text = Field(description="Most it may hold.")


class SecretMount(Closed):
    """A Secret as files."""

    name: Text = Field(description="Secret; a template.")
    path: Text = Field(description="Where.")


class Persistence(Closed):
    """A volume of a StatefulSet."""

    path: Text = Field(description="Where.")
    size: Text = Field(description="How large.")
    storageClass: Text = Field(default="", description="Instead of global.storageClass.")


class Init(Closed):
    """A step before the start, in the workload's own image and environment."""

    name: Text
    command: list[str]


class Sidecar(Closed):
    """A container beside the workload's."""

    name: Text
    image: WorkloadImage
    command: list[str]
    env: dict[str, Scalar] = Field(default={}, description="Environment.")
    secretEnv: dict[str, SecretKey] = Field(default={}, description="Environment from Secrets.")
    probes: dict[str, dict[str, Any]] = Field(default={}, description="Probes as Kubernetes writes them.")
    resources: Resources


class Workload(Closed):
    """One workload of a service chart."""

    kind: Literal["Deployment", "StatefulSet", "CronJob"] = Field(description="What runs it.")
    image: WorkloadImage
    command: list[str] = Field(default=[], description="Instead of the image's entry point.")
    args: list[str] = Field(default=[], description="Arguments.")
    replicas: int | None = Field(default=None, ge=0, description="Instead of global.replicas.")
    recreate: bool = Field(default=False, description="Never two of it, not even in a rollout.")
    settingsPrefix: Text = Field(default="", description="Prefix of its Settings class.")
    meshSettings: bool = Field(default=True, description="Whether it takes the settings every service has.")
    settings: dict[str, Any] = Field(default={}, description="Fields of its Settings class, for it alone.")
    env: dict[str, Scalar] = Field(default={}, description="Environment that SDKs read.")
    secretEnv: dict[str, SecretKey] = Field(default={}, description="Environment from Secrets.")
    identity: Text = Field(default="", description="Certificate it shows.")
    aws: bool = Field(default=False, description="Whether it calls AWS.")
    probes: Probes | None = None
    resources: Resources
    autoscaling: Scaling | None = None
    files: dict[str, str] = Field(default={}, description="Files by path; templates.")
    scratch: dict[str, Mount] = Field(default={}, description="Folders that may be written, beside /tmp.")
    tmpSize: Text = Field(default="256Mi", description="Most that /tmp may hold.")
    secretMounts: dict[str, SecretMount] = Field(default={}, description="Secrets as files.")
    persistence: Persistence | None = None
    init: list[Init] = Field(default=[], description="Steps before the start.")
    sidecars: list[Sidecar] = Field(default=[], description="Containers beside it.")
    schedule: Text = Field(default="", description="Of a CronJob.")
    timeZone: Text = Field(default="Etc/UTC", description="Of its schedule.")
    deadlineSeconds: int = Field(default=900, ge=1, description="Longest run of a CronJob.")
    nodeSelector: Labels = Field(default={}, description="Instead of global.nodeSelector.")
    podAnnotations: Labels = Field(default={}, description="On its pods.")
