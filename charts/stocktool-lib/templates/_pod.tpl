{{/* The pod template every workload has: (list $ name workload). */}}

{{- define "stocktool-lib.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* Startup and liveness ask whether the process can go on, readiness whether it should be called. */}}
{{- define "stocktool-lib.probes" -}}
{{- $top := index . 0 -}}
{{- $ports := (index $top.Values.global.mesh (index . 1)).ports -}}
{{- $probes := (index . 2).probes -}}
{{- if $probes -}}
{{- $port := include "stocktool-lib.port" (list $ports $probes.port) -}}
startupProbe:
  httpGet: {path: {{ $probes.live }}, port: {{ $port }}}
  periodSeconds: 1
  timeoutSeconds: 2
  failureThreshold: {{ $probes.startSeconds }}
readinessProbe:
  httpGet: {path: {{ $probes.ready }}, port: {{ $port }}}
  periodSeconds: 3
  timeoutSeconds: 3
  failureThreshold: 2
livenessProbe:
  httpGet: {path: {{ $probes.live }}, port: {{ $port }}}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- end -}}
{{- end -}}

{{- define "stocktool-lib.container" -}}
{{- $top := index . 0 -}}
{{- $name := index . 1 -}}
{{- $workload := index . 2 -}}
{{- $ports := (index $top.Values.global.mesh $name).ports | default dict -}}
name: {{ $name }}
image: {{ include "stocktool-lib.image" (list $top $workload.image) }}
imagePullPolicy: {{ $top.Values.global.image.pullPolicy }}
{{- with $workload.command }}
command: {{ toJson . }}
{{- end }}
{{- with $workload.args }}
args: {{ toJson . }}
{{- end }}
env: {{- include "stocktool-lib.env" (list $top $name $workload) | nindent 2 }}
{{- with $ports }}
ports:
  {{- range $port := keys $ports | sortAlpha }}
  - {name: {{ $port }}, containerPort: {{ index $ports $port }}, protocol: TCP}
  {{- end }}
{{- end }}
resources: {{- toYaml (required (printf "%s.workloads.%s.resources is missing" $top.Chart.Name $name) $workload.resources) | nindent 2 }}
{{- include "stocktool-lib.probes" (list $top $name $workload) | nindent 0 }}
{{- if ne $workload.kind "CronJob" }}
lifecycle:
  preStop: {sleep: {seconds: {{ $top.Values.global.preStopSeconds }}}}
{{- end }}
securityContext: {{- include "stocktool-lib.securityContext" . | nindent 2 }}
volumeMounts: {{- include "stocktool-lib.mounts" (list $top $name $workload) | nindent 2 }}
{{- end -}}

{{- define "stocktool-lib.mounts" -}}
{{- $top := index . 0 -}}
{{- $workload := index . 2 -}}
- {name: tmp, mountPath: /tmp}
{{- if and $workload.identity (ne $top.Values.global.mtls.mode "none") }}
- {name: tls, mountPath: /etc/stocktool/tls, readOnly: true}
{{- end }}
{{- range $index, $path := keys (default dict $workload.files) | sortAlpha }}
- {name: files, mountPath: {{ $path }}, subPath: {{ base $path }}, readOnly: true}
{{- end }}
{{- range $key, $mount := default dict $workload.scratch }}
- {name: {{ $key }}, mountPath: {{ $mount.path }}}
{{- end }}
{{- with $workload.persistence }}
- {name: data, mountPath: {{ .path }}}
{{- end }}
{{- range $key, $secret := default dict $workload.secretMounts }}
- {name: {{ $key }}, mountPath: {{ $secret.path }}, readOnly: true}
{{- end }}
{{- end -}}

{{- define "stocktool-lib.podTemplate" -}}
{{- $top := index . 0 -}}
{{- $name := index . 1 -}}
{{- $workload := index . 2 -}}
{{- $global := $top.Values.global -}}
metadata:
  labels: {{- include "stocktool-lib.labels" (list $top $name) | nindent 4 }}
  annotations:
    {{- if $workload.files }}
    checksum/files: {{ include "stocktool-lib.filesData" (list $top $workload) | sha256sum }}
    {{- end }}
    {{- if $workload.identity }}
    checksum/certificates: {{ list $global.mtls.mode $global.mtls.generation $global.mtls.trust $global.mtls.issue | toJson | sha256sum }}
    {{- end }}
    {{- with $global.secretsVersion }}
    checksum/secrets: {{ . | toString | sha256sum }}
    {{- end }}
    {{- with $workload.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "stocktool-lib.serviceAccountName" (list $top $name) }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- with $global.image.pullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with tpl (default "" $global.priorityClass) $top }}
  priorityClassName: {{ . }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: {type: RuntimeDefault}
  terminationGracePeriodSeconds: {{ add (int $global.preStopSeconds) (int $global.drainSeconds) 10 }}
  {{- if eq $workload.kind "CronJob" }}
  restartPolicy: Never
  {{- end }}
  {{- with $workload.nodeSelector | default $global.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if ne $workload.kind "CronJob" }}
  topologySpreadConstraints:
    {{- range $key := $global.spread }}
    - maxSkew: 1
      topologyKey: {{ $key }}
      whenUnsatisfiable: ScheduleAnyway
      matchLabelKeys: [{{ ternary "controller-revision-hash" "pod-template-hash" (eq $workload.kind "StatefulSet") }}]
      labelSelector:
        matchLabels: {{- include "stocktool-lib.selectorLabels" (list $top $name) | nindent 10 }}
    {{- end }}
  {{- end }}
  {{- with $workload.init }}
  initContainers:
    {{- range $init := . }}
    - name: {{ $init.name }}
      image: {{ include "stocktool-lib.image" (list $top $workload.image) }}
      imagePullPolicy: {{ $global.image.pullPolicy }}
      command: {{ toJson $init.command }}
      env: {{- include "stocktool-lib.env" (list $top $name $workload) | nindent 8 }}
      resources: {{- toYaml $workload.resources | nindent 8 }}
      securityContext: {{- include "stocktool-lib.securityContext" $top | nindent 8 }}
      volumeMounts: {{- include "stocktool-lib.mounts" (list $top $name $workload) | nindent 8 }}
    {{- end }}
  {{- end }}
  containers:
    - {{- include "stocktool-lib.container" (list $top $name $workload) | nindent 6 }}
    {{- range $sidecar := default list $workload.sidecars }}
    - name: {{ $sidecar.name }}
      image: {{ include "stocktool-lib.image" (list $top $sidecar.image) }}
      imagePullPolicy: {{ $global.image.pullPolicy }}
      command: {{ toJson $sidecar.command }}
      env: {{- include "stocktool-lib.env" (list $top $name (merge (dict "settingsPrefix" "" "env" $sidecar.env "secretEnv" (default dict $sidecar.secretEnv)) $workload)) | nindent 8 }}
      resources: {{- toYaml $sidecar.resources | nindent 8 }}
      {{- with $sidecar.probes }}
      {{- range $kind, $probe := . }}
      {{ $kind }}: {{- toYaml $probe | nindent 8 }}
      {{- end }}
      {{- end }}
      lifecycle:
        preStop: {sleep: {seconds: {{ $global.preStopSeconds }}}}
      securityContext: {{- include "stocktool-lib.securityContext" $top | nindent 8 }}
      volumeMounts: {{- include "stocktool-lib.mounts" (list $top $name $workload) | nindent 8 }}
    {{- end }}
  volumes:
    - name: tmp
      emptyDir: {sizeLimit: {{ $workload.tmpSize | default "256Mi" }}}
    {{- if and $workload.identity (ne $global.mtls.mode "none") }}
    - name: tls
      secret:
        secretName: {{ include "stocktool-lib.fullname" (list $top (printf "tls-%s" $workload.identity)) }}
        defaultMode: 0440
        # A key that is not there yet keeps the pod waiting instead of letting it start without a certificate.
        items:
          - {key: tls.crt, path: tls.crt}
          - {key: tls.key, path: tls.key}
          - {key: ca.crt, path: ca.crt}
    {{- end }}
    {{- with $workload.files }}
    - name: files
      configMap: {name: {{ include "stocktool-lib.fullname" (list $top (printf "%s-files" $name)) }}}
    {{- end }}
    {{- range $key, $mount := default dict $workload.scratch }}
    - name: {{ $key }}
      emptyDir: {sizeLimit: {{ $mount.size }}}
    {{- end }}
    {{- range $key, $secret := default dict $workload.secretMounts }}
    - name: {{ $key }}
      secret: {secretName: {{ tpl $secret.name $top }}, defaultMode: 0440}
    {{- end }}
{{- end -}}

{{- define "stocktool-lib.filesData" -}}
{{- $top := index . 0 -}}
{{- range $path, $text := (index . 1).files }}
{{ base $path }}: |
  {{- tpl $text $top | nindent 2 }}
{{- end }}
{{- end -}}
