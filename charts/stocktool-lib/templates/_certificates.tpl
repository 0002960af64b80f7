{{/*
Certificates of the mesh and other secrets nobody should have to write. The Secrets are made empty before anything else, a
Job that may read and write these few names fills what is missing, and pods wait for their keys. Rendering is the same
each time: no key is made by a template.
*/}}

{{/* JSON of identity -> workloads that show it. */}}
{{- define "stocktool-lib.identities" -}}
{{- $top := . -}}
{{- $found := dict -}}
{{- range $name := keys .Values.global.mesh | sortAlpha -}}
  {{- $identity := (index $top.Values.global.mesh $name).identity -}}
  {{- if and $identity (include "stocktool-lib.present" (list $top $name)) -}}
    {{- $_ := set $found $identity (append (index $found $identity | default list) $name) -}}
  {{- end -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{- define "stocktool-lib.hostnames" -}}
{{- $top := index . 0 -}}
{{- $names := list -}}
{{- range $workload := index . 1 -}}
  {{- $full := include "stocktool-lib.fullname" (list $top $workload) -}}
  {{- $space := $top.Release.Namespace -}}
  {{- $names = concat $names (list $full (printf "%s.%s" $full $space) (printf "%s.%s.svc" $full $space) (printf "%s.%s.svc.%s" $full $space $top.Values.global.clusterDomain)) -}}
{{- end -}}
{{- toJson (append $names "peer.stocktool.internal") -}}
{{- end -}}

{{- define "stocktool-lib.setupOrder" -}}
{{- $top := . -}}
{{- $mtls := .Values.global.mtls -}}
{{- $leaves := dict -}}
{{- if eq $mtls.mode "job" -}}
{{- range $identity, $workloads := include "stocktool-lib.identities" . | fromJson -}}
  {{- $_ := set $leaves (include "stocktool-lib.fullname" (list $top (printf "tls-%s" $identity))) (dict "identity" $identity "names" (include "stocktool-lib.hostnames" (list $top $workloads) | fromJsonArray)) -}}
{{- end -}}
{{- end -}}
{{- $passwords := dict -}}
{{- if .Values.global.demo.enabled -}}
{{- $_ := set $passwords (include "stocktool-lib.fullname" (list . "demo")) (list "demo" "admin") -}}
{{- end -}}
{{- dict "authority" (include "stocktool-lib.fullname" (list . "mesh-ca")) "generation" (int $mtls.generation) "trust" $mtls.trust "issue" (int $mtls.issue) "leaves" $leaves "passwords" $passwords | toJson -}}
{{- end -}}

{{- define "stocktool-lib.setup" -}}
{{- $top := . -}}
{{- $order := include "stocktool-lib.setupOrder" . | fromJson -}}
{{- $name := include "stocktool-lib.fullname" (list . "setup") -}}
{{- $labels := include "stocktool-lib.labels" (list . "setup") -}}
{{- $secrets := keys $order.leaves | sortAlpha -}}
{{- if $order.leaves -}}{{- $secrets = append $secrets $order.authority -}}{{- end -}}
{{- $secrets = concat $secrets (keys $order.passwords) -}}
{{- if $secrets -}}
{{- range $secret := $secrets }}
{{- /* One that an earlier release kept belongs to volumes that were kept too. */}}
{{- if not (lookup "v1" "Secret" $top.Release.Namespace $secret) }}
---
apiVersion: v1
kind: Secret
metadata:
  name: {{ $secret }}
  labels: {{- $labels | nindent 4 }}
  annotations:
    helm.sh/hook: pre-install
    helm.sh/hook-weight: "-20"
    helm.sh/hook-delete-policy: before-hook-creation
    helm.sh/resource-policy: keep
type: Opaque
{{- end }}
{{- end }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $name }}
  labels: {{- $labels | nindent 4 }}
  annotations: {{- include "stocktool-lib.setupHook" "-15" | nindent 4 }}
automountServiceAccountToken: false
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ $name }}
  labels: {{- $labels | nindent 4 }}
  annotations: {{- include "stocktool-lib.setupHook" "-15" | nindent 4 }}
rules:
  - apiGroups: [""]
    resources: [secrets]
    resourceNames: {{ toJson $secrets }}
    verbs: [get, patch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ $name }}
  labels: {{- $labels | nindent 4 }}
  annotations: {{- include "stocktool-lib.setupHook" "-14" | nindent 4 }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ $name }}}
subjects: [{kind: ServiceAccount, name: {{ $name }}, namespace: {{ .Release.Namespace }}}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ $name }}
  labels: {{- $labels | nindent 4 }}
  annotations: {{- include "stocktool-lib.setupHook" "-14" | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "stocktool-lib.selectorLabels" (list . "setup") | nindent 6 }}
  policyTypes: [Ingress, Egress]
  egress:
    - ports: [{protocol: TCP, port: 443}, {protocol: TCP, port: 6443}]
      {{- with .Values.global.networkPolicy.apiServer }}
      to:
        {{- range . }}
        - ipBlock: {cidr: {{ . | quote }}}
        {{- end }}
      {{- end }}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ $name }}
  labels: {{- $labels | nindent 4 }}
  annotations: {{- include "stocktool-lib.setupHook" "-10" | nindent 4 }}
spec:
  backoffLimit: 4
  activeDeadlineSeconds: 180
  template:
    metadata:
      labels: {{- $labels | nindent 8 }}
    spec:
      restartPolicy: Never
      serviceAccountName: {{ $name }}
      automountServiceAccountToken: true  # it writes Secrets; the only pod of the mesh with a token
      enableServiceLinks: false
      {{- with .Values.global.image.pullSecrets }}
      imagePullSecrets: {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        runAsGroup: 10001
        seccompProfile: {type: RuntimeDefault}
      containers:
        - name: setup
          image: {{ include "stocktool-lib.image" (list . (dict "repository" "stocktool/auth")) }}
          imagePullPolicy: {{ .Values.global.image.pullPolicy }}
          command: [/app/bin/python, -m, stocktool_kit.cluster_secrets]
          args: [{{ toJson $order | quote }}]
          resources: {requests: {cpu: 50m, memory: 64Mi}, limits: {memory: 128Mi}}
          securityContext: {{- include "stocktool-lib.securityContext" . | nindent 12 }}
{{- end -}}
{{- end -}}

{{- define "stocktool-lib.setupHook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}

{{- define "stocktool-lib.certManager" -}}
{{- $top := . -}}
{{- if eq .Values.global.mtls.mode "certManager" -}}
{{- $issuer := .Values.global.mtls.issuer -}}
{{- if not $issuer.name }}
---
apiVersion: cert-manager.io/v1
kind: Issuer
metadata: {name: {{ include "stocktool-lib.fullname" (list . "self") }}, labels: {{ include "stocktool-lib.labels" (list . "setup") | fromYaml | toJson }}}
spec: {selfSigned: {}}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: {{ include "stocktool-lib.fullname" (list . "mesh-ca") }}, labels: {{ include "stocktool-lib.labels" (list . "setup") | fromYaml | toJson }}}
spec:
  isCA: true
  commonName: stocktool mesh
  duration: 43800h
  secretName: {{ include "stocktool-lib.fullname" (list . "mesh-ca") }}
  privateKey: {algorithm: ECDSA, size: 256}
  issuerRef: {name: {{ include "stocktool-lib.fullname" (list . "self") }}, kind: Issuer}
---
apiVersion: cert-manager.io/v1
kind: Issuer
metadata: {name: {{ include "stocktool-lib.fullname" (list . "mesh") }}, labels: {{ include "stocktool-lib.labels" (list . "setup") | fromYaml | toJson }}}
spec: {ca: {secretName: {{ include "stocktool-lib.fullname" (list . "mesh-ca") }}}}
{{- end }}
{{- range $identity, $workloads := include "stocktool-lib.identities" . | fromJson }}
{{- $name := include "stocktool-lib.fullname" (list $top (printf "tls-%s" $identity)) }}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  name: {{ $name }}
  labels: {{- include "stocktool-lib.labels" (list $top $identity) | nindent 4 }}
spec:
  secretName: {{ $name }}
  commonName: {{ $identity }}
  duration: 2160h
  renewBefore: 720h
  privateKey: {algorithm: ECDSA, size: 256, rotationPolicy: Always}
  usages: [digital signature, server auth, client auth]
  uris: [{{ printf "spiffe://stocktool/%s" $identity | quote }}]
  dnsNames: {{ include "stocktool-lib.hostnames" (list $top $workloads) }}
  issuerRef: {name: {{ $issuer.name | default (include "stocktool-lib.fullname" (list $top "mesh")) }}, kind: {{ $issuer.kind }}}
{{- end }}
{{- end -}}
{{- end -}}
