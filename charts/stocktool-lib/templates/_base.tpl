{{/* What belongs to the release as a whole. */}}

{{/* Nothing in, nothing out but names; each workload's own policy opens its declared edges. */}}
{{- define "stocktool-lib.defaultDeny" -}}
{{- if .Values.global.networkPolicy.enabled -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "stocktool-lib.fullname" (list . "default-deny") }}
  labels: {{- include "stocktool-lib.labels" (list . "default-deny") | nindent 4 }}
spec:
  podSelector:
    matchLabels: {app.kubernetes.io/instance: {{ .Release.Name }}, app.kubernetes.io/part-of: stocktool}
  policyTypes: [Ingress, Egress]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "stocktool-lib.fullname" (list . "dns") }}
  labels: {{- include "stocktool-lib.labels" (list . "dns") | nindent 4 }}
spec:
  podSelector:
    matchLabels: {app.kubernetes.io/instance: {{ .Release.Name }}, app.kubernetes.io/part-of: stocktool}
  policyTypes: [Egress]
  egress:
    - to: {{- toYaml .Values.global.networkPolicy.dns | nindent 8 }}
      ports:
        {{- range $port := .Values.global.networkPolicy.dnsPorts }}
        - {protocol: UDP, port: {{ $port }}}
        - {protocol: TCP, port: {{ $port }}}
        {{- end }}
---
{{ include "stocktool-lib.networkpolicy" (list . "check") }}
{{- end -}}
{{- end -}}

{{- define "stocktool-lib.emulatorKey" -}}
{{- if include "stocktool-lib.present" (list . "emulator") -}}
# The emulator's root user, the same for everybody: a name and not a secret.
apiVersion: v1
kind: Secret
metadata:
  name: {{ tpl .Values.global.aws.staticSecret . }}
  labels: {{- include "stocktool-lib.labels" (list . "emulator") | nindent 4 }}
stringData: {AWS_ACCESS_KEY_ID: test, AWS_SECRET_ACCESS_KEY: test}
{{- end -}}
{{- end -}}

{{- define "stocktool-lib.externalSecrets" -}}
{{- $top := . -}}
{{- $external := .Values.global.externalSecrets -}}
{{- range $name, $keys := $external.secrets }}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: {{ $name }}
  labels: {{- include "stocktool-lib.labels" (list $top $name) | nindent 4 }}
spec:
  refreshInterval: {{ $external.refreshInterval }}
  secretStoreRef: {name: {{ required "global.externalSecrets.store.name is missing" $external.store.name }}, kind: {{ $external.store.kind }}}
  target: {name: {{ $name }}}
  data:
    {{- range $key, $remote := $keys }}
    - secretKey: {{ $key }}
      remoteRef: {key: {{ $remote.key | quote }}{{ with $remote.property }}, property: {{ . | quote }}{{ end }}}
    {{- end }}
{{- end }}
{{- end -}}

{{- define "stocktool-lib.queueTrigger" -}}
{{- $global := .Values.global -}}
{{- if and $global.autoscaling.enabled $global.autoscaling.keda -}}
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata:
  name: {{ include "stocktool-lib.fullname" (list . "queues") }}
  labels: {{- include "stocktool-lib.labels" (list . "queues") | nindent 4 }}
spec:
  {{- if eq $global.aws.identity "static" }}
  secretTargetRef:
    - {parameter: awsAccessKeyID, name: {{ tpl $global.aws.staticSecret . }}, key: AWS_ACCESS_KEY_ID}
    - {parameter: awsSecretAccessKey, name: {{ tpl $global.aws.staticSecret . }}, key: AWS_SECRET_ACCESS_KEY}
  {{- else }}
  podIdentity: {provider: aws}
  {{- end }}
{{- end -}}
{{- end -}}

{{- define "stocktool-lib.priority" -}}
{{- with tpl (default "" .Values.global.priorityClass) . -}}
{{- if $.Values.global.createPriorityClass -}}
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata:
  name: {{ . }}
  labels: {{- include "stocktool-lib.labels" (list $ "priority") | nindent 4 }}
value: {{ $.Values.global.priorityValue }}
globalDefault: false
description: Pods of StockTool.
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "stocktool-lib.check" -}}
{{- $name := include "stocktool-lib.fullname" (list . "check") -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $name }}
  labels: {{- include "stocktool-lib.labels" (list . "check") | nindent 4 }}
  annotations: {helm.sh/hook: test, helm.sh/hook-weight: "-1", helm.sh/hook-delete-policy: "before-hook-creation,hook-succeeded"}
data:
  check.py: |
    {{- .Files.Get "files/check.py" | nindent 4 }}
---
apiVersion: v1
kind: Pod
metadata:
  name: {{ $name }}
  labels: {{- include "stocktool-lib.labels" (list . "check") | nindent 4 }}
  annotations: {helm.sh/hook: test, helm.sh/hook-delete-policy: "before-hook-creation,hook-succeeded", helm.sh/hook-output-log-policy: "hook-succeeded,hook-failed"}
spec:
  restartPolicy: Never
  automountServiceAccountToken: false
  enableServiceLinks: false
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    seccompProfile: {type: RuntimeDefault}
  containers:
    - name: check
      image: {{ include "stocktool-lib.image" (list . (dict "repository" "stocktool/auth")) }}
      imagePullPolicy: {{ .Values.global.image.pullPolicy }}
      command: [/app/bin/python, /check/check.py]
      env:
        - {name: STOCKTOOL_URL, value: "http://{{ include "stocktool-lib.address" (list . "edge" "public") }}"}
        - {name: STOCKTOOL_ORIGIN, value: {{ .Values.global.publicOrigin | quote }}}
      resources: {requests: {cpu: 20m, memory: 32Mi}, limits: {memory: 128Mi}}
      securityContext: {{- include "stocktool-lib.securityContext" . | nindent 8 }}
      volumeMounts: [{name: check, mountPath: /check, readOnly: true}]
  volumes:
    - {name: check, configMap: {name: {{ $name }}}}
{{- end -}}
