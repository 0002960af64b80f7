{{/*
The call graph: `global.mesh.<workload>.calls` lists "<workload>.<port>" and the names of the world outside
(`aws`, `model`, `provider`, `internet`). Policies, certificates and the picture in docs/operations are made of it.
*/}}

{{/* The declared calls of one workload with outside names resolved to the stand-ins that are there, as JSON. */}}
{{- define "stocktool-lib.calls" -}}
{{- $top := index . 0 -}}
{{- $global := $top.Values.global -}}
{{- $name := index . 1 -}}
{{- $node := index $global.mesh $name | default dict -}}
{{- $calls := list -}}
{{- range $call := default list $node.calls -}}
  {{- if and (eq $call "aws") (include "stocktool-lib.present" (list $top "emulator")) -}}
    {{- $calls = append $calls "emulator.aws" -}}
  {{- else if and (eq $call "model") (include "stocktool-lib.present" (list $top "analyst")) -}}
    {{- $calls = append $calls "analyst.http" -}}
  {{- else if and (eq $call "provider") (include "stocktool-lib.present" (list $top "market")) -}}
    {{- $calls = append $calls "market.http" -}}
  {{- else if has $call (list "model" "provider") -}}
    {{- $calls = append $calls "internet" -}}
  {{- else -}}
    {{- $calls = append $calls $call -}}
  {{- end -}}
{{- end -}}
{{- if and $node.traces (include "stocktool-lib.present" (list $top "collector")) -}}
  {{- $calls = append $calls "collector.otlp" -}}
{{- end -}}
{{- $kept := list -}}
{{- range $call := uniq $calls -}}
  {{- $target := first (splitList "." $call) -}}
  {{- if has $target (list "aws" "internet") -}}
    {{- $kept = append $kept $call -}}
  {{- else if not (hasKey $global.mesh $target) -}}
    {{- fail (printf "global.mesh.%s.calls names %q, which is no workload of global.mesh" $name $target) -}}
  {{- else if include "stocktool-lib.present" (list $top $target) -}}
    {{- $kept = append $kept $call -}}
  {{- end -}}
{{- end -}}
{{- toJson $kept -}}
{{- end -}}

{{/* Who calls a workload: JSON of {"<port>": ["caller", ...]}. */}}
{{- define "stocktool-lib.callers" -}}
{{- $top := index . 0 -}}
{{- $target := index . 1 -}}
{{- $found := dict -}}
{{- range $caller := keys $top.Values.global.mesh | sortAlpha -}}
  {{- if include "stocktool-lib.present" (list $top $caller) -}}
    {{- range $call := include "stocktool-lib.calls" (list $top $caller) | fromJsonArray -}}
      {{- $parts := splitList "." $call -}}
      {{- if eq (first $parts) $target -}}
        {{- $port := last $parts -}}
        {{- $_ := set $found $port (append (index $found $port | default list) $caller) -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{/* Ingress and egress of one workload. */}}
{{- define "stocktool-lib.networkpolicy" -}}
{{- $top := index . 0 -}}
{{- $name := index . 1 -}}
{{- $global := $top.Values.global -}}
{{- $node := index $global.mesh $name -}}
{{- $callers := include "stocktool-lib.callers" (list $top $name) | fromJson -}}
{{- $calls := include "stocktool-lib.calls" (list $top $name) | fromJsonArray -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "stocktool-lib.fullname" (list $top $name) }}
  labels: {{- include "stocktool-lib.labels" (list $top $name) | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "stocktool-lib.selectorLabels" (list $top $name) | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    {{- range $port := keys $callers | sortAlpha }}
    - ports:
        - {protocol: TCP, port: {{ include "stocktool-lib.port" (list $node.ports $port) }}}
      from:
        {{- range $caller := index $callers $port }}
        - podSelector:
            matchLabels: {{- include "stocktool-lib.selectorLabels" (list $top $caller) | nindent 14 }}
        {{- end }}
    {{- end }}
    {{- if and (eq $name "edge") $global.networkPolicy.edgeFrom }}
    - ports:
        - {protocol: TCP, port: {{ include "stocktool-lib.port" (list $node.ports "public") }}}
      from: {{- toYaml $global.networkPolicy.edgeFrom | nindent 8 }}
    {{- else if eq $name "edge" }}
    - ports:  # the one way in: whoever reaches the node or the balancer
        - {protocol: TCP, port: {{ include "stocktool-lib.port" (list $node.ports "public") }}}
    {{- end }}
    {{- if and $global.networkPolicy.scrapeFrom (hasKey $node.ports "ops") }}
    - ports:
        - {protocol: TCP, port: {{ include "stocktool-lib.port" (list $node.ports "ops") }}}
      from: {{- toYaml $global.networkPolicy.scrapeFrom | nindent 8 }}
    {{- end }}
  egress:
    {{- range $call := $calls }}
    {{- $target := first (splitList "." $call) }}
    {{- if eq $call "aws" }}
    {{- if $global.egress.podIdentityAgent }}
    - to:
        - ipBlock: {cidr: 169.254.170.23/32}
      ports:
        - {protocol: TCP, port: 80}
    {{- end }}
    {{- with $global.egress.awsEndpoints }}
    - to:
        {{- range . }}
        - ipBlock: {cidr: {{ . | quote }}}
        {{- end }}
      ports:
        - {protocol: TCP, port: 443}
    {{- end }}
    {{- else if eq $call "internet" }}
    {{- if $global.egress.internet443 }}
    - to:
        - ipBlock:
            cidr: 0.0.0.0/0
            except: [10.0.0.0/8, 100.64.0.0/10, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16]
      ports:
        - {protocol: TCP, port: 443}
    {{- end }}
    {{- else }}
    - to:
        - podSelector:
            matchLabels: {{- include "stocktool-lib.selectorLabels" (list $top $target) | nindent 14 }}
      ports:
        - {protocol: TCP, port: {{ include "stocktool-lib.port" (list (index $global.mesh $target).ports (last (splitList "." $call))) }}}
    {{- end }}
    {{- end }}
{{- end -}}
