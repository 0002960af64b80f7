{{/*
Environment of one container. `settings` are fields of the service's Settings class and get its prefix; what the mesh
decides (ports, peers, certificates, telemetry) is added here, so that no service chart repeats it. Values may be templates; an empty one leaves the default.
*/}}

{{- define "stocktool-lib.text" -}}
{{- $top := index . 0 -}}
{{- $value := index . 1 -}}
{{- if kindIs "string" $value -}}{{- tpl $value $top -}}
{{- else if or (kindIs "map" $value) (kindIs "slice" $value) -}}{{- toJson $value -}}
{{- else if kindIs "float64" $value -}}{{- if eq $value (floor $value) -}}{{- int64 $value -}}{{- else -}}{{- $value -}}{{- end -}}
{{- else -}}{{- toString $value -}}{{- end -}}
{{- end -}}

{{/* Settings of the mesh, as a YAML map of field to value: (list $ name workload). */}}
{{- define "stocktool-lib.meshSettings" -}}
{{- $top := index . 0 -}}
{{- $name := index . 1 -}}
{{- $global := $top.Values.global -}}
{{- $ports := (index $global.mesh $name).ports }}
SERVICE: {{ $name | quote }}
HOST: "0.0.0.0"
OPS_PORT: {{ include "stocktool-lib.port" (list $ports "ops") | quote }}
{{- if hasKey $ports "http" }}
HTTP_PORT: {{ include "stocktool-lib.port" (list $ports "http") | quote }}
{{- end }}
{{- if hasKey $ports "grpc" }}
GRPC_PORT: {{ include "stocktool-lib.port" (list $ports "grpc") | quote }}
{{- end }}
AUTH_ADDRESS: {{ printf "dns:///%s" (include "stocktool-lib.address" (list $top "auth" "grpc")) | quote }}
PUSH_TARGET: {{ include "stocktool-lib.address" (list $top "stock" "grpc") | quote }}
DRAIN_SECONDS: {{ $global.drainSeconds | quote }}
CLOUDWATCH_METRICS: {{ $global.telemetry.cloudwatchMetrics | quote }}
CLOUDWATCH_LOGS: {{ $global.telemetry.cloudwatchLogs | quote }}
LOG_LEVEL: {{ $global.telemetry.logLevel | quote }}
{{- if ne $global.mtls.mode "none" }}
TLS__CERTIFICATE: /etc/stocktool/tls/tls.crt
TLS__KEY: /etc/stocktool/tls/tls.key
TLS__CA: /etc/stocktool/tls/ca.crt
{{- end }}
{{- end -}}

{{- define "stocktool-lib.env" -}}
{{- $top := index . 0 -}}
{{- $name := index . 1 -}}
{{- $workload := index . 2 -}}
{{- $global := $top.Values.global -}}
{{- $plain := dict -}}
{{- with $workload.settingsPrefix -}}
  {{- $mesh := dict -}}
  {{- if ne $workload.meshSettings false -}}{{- $mesh = include "stocktool-lib.meshSettings" (list $top $name) | fromYaml -}}{{- end -}}
  {{- $settings := mergeOverwrite (deepCopy $mesh) (deepCopy (default dict $top.Values.settings)) (deepCopy (default dict $workload.settings)) -}}
  {{- range $field, $value := $settings -}}
    {{- with include "stocktool-lib.text" (list $top $value) -}}{{- $_ := set $plain (printf "%s%s" $workload.settingsPrefix $field) . -}}{{- end -}}
  {{- end -}}
{{- end -}}
{{- range $key, $value := default dict $workload.env -}}
  {{- with include "stocktool-lib.text" (list $top $value) -}}{{- $_ := set $plain $key . -}}{{- end -}}
{{- end -}}
{{- if $workload.aws -}}
  {{- $_ := set $plain "AWS_REGION" $global.aws.region -}}
  {{- $_ := set $plain "AWS_DEFAULT_REGION" $global.aws.region -}}
  {{- if ne $global.aws.identity "irsa" -}}{{- $_ := set $plain "AWS_EC2_METADATA_DISABLED" "true" -}}{{- end -}}
  {{- if include "stocktool-lib.present" (list $top "emulator") -}}
    {{- $_ := set $plain "AWS_ENDPOINT_URL" (printf "http://%s" (include "stocktool-lib.address" (list $top "emulator" "aws"))) -}}
  {{- end -}}
{{- end -}}
{{- if and (index $global.mesh $name).traces (include "stocktool-lib.present" (list $top "collector")) -}}
  {{- $_ := set $plain "OTEL_EXPORTER_OTLP_ENDPOINT" (printf "http://%s" (include "stocktool-lib.address" (list $top "collector" "otlp"))) -}}
{{- end -}}
- name: POD_IP
  valueFrom: {fieldRef: {fieldPath: status.podIP}}
- name: HOME
  value: /tmp
{{- if $workload.aws }}
{{- if eq $global.aws.identity "static" }}
{{- if not $global.aws.staticSecret }}{{ fail "global.aws.identity is static: name the Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in global.aws.staticSecret" }}{{ end }}
{{- range list "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" }}
- name: {{ . }}
  valueFrom: {secretKeyRef: {name: {{ tpl $global.aws.staticSecret $top }}, key: {{ . }}}}
{{- end }}
{{- end }}
{{- end }}
{{- if and $workload.settingsPrefix (ne $workload.meshSettings false) (eq $global.mtls.mode "none") }}
- name: {{ $workload.settingsPrefix }}SERVICE_TOKEN_SECRET
  valueFrom: {secretKeyRef: {name: {{ required "global.mtls.mode is none: name the Secret with the shared key `token` in global.mtls.serviceTokenSecret" $global.mtls.serviceTokenSecret }}, key: token}}
{{- end }}
{{- range $key, $ref := default dict $workload.secretEnv }}
- name: {{ $key }}
  valueFrom: {secretKeyRef: {name: {{ tpl $ref.name $top }}, key: {{ $ref.key }}{{ if $ref.optional }}, optional: true{{ end }}}}
{{- end }}
{{- range $key := keys $plain | sortAlpha }}
- name: {{ $key }}
  value: {{ index $plain $key | quote }}
{{- end }}
{{- end -}}
