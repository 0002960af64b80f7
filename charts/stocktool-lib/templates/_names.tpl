{{/* Names, labels and addresses. A workload is a key of `workloads` in the chart that owns it. */}}

{{/* stocktool-lib.fullname: (list $ "auth") -> "<release>-auth" */}}
{{- define "stocktool-lib.fullname" -}}
{{- $top := index . 0 -}}
{{- printf "%s-%s" $top.Release.Name (index . 1) | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "stocktool-lib.selectorLabels" -}}
{{- $top := index . 0 -}}
app.kubernetes.io/name: {{ index . 1 }}
app.kubernetes.io/instance: {{ $top.Release.Name }}
{{- end -}}

{{- define "stocktool-lib.labels" -}}
{{- $top := index . 0 -}}
{{ include "stocktool-lib.selectorLabels" . }}
app.kubernetes.io/part-of: stocktool
app.kubernetes.io/version: {{ $top.Chart.AppVersion | default $top.Chart.Version | quote }}
app.kubernetes.io/managed-by: {{ $top.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $top.Chart.Name $top.Chart.Version }}
{{- end -}}

{{- define "stocktool-lib.serviceAccountName" -}}
{{- include "stocktool-lib.fullname" . -}}
{{- end -}}

{{/* Port by its name; one table for probes, Services and policies. */}}
{{- define "stocktool-lib.port" -}}
{{- $ports := index . 0 -}}
{{- $name := index . 1 -}}
{{- if not (hasKey $ports $name) -}}{{- fail (printf "there is no port %q in %s" $name (toJson $ports)) -}}{{- end -}}
{{- index $ports $name | int -}}
{{- end -}}

{{/* stocktool-lib.image: (list $ $workload.image), a digest wins over a tag. */}}
{{- define "stocktool-lib.image" -}}
{{- $top := index . 0 -}}
{{- $image := index . 1 -}}
{{- $global := $top.Values.global.image -}}
{{- $registry := ternary $image.registry $global.registry (hasKey $image "registry") -}}
{{- $repository := ternary (printf "%s/%s" $registry $image.repository) $image.repository (ne (default "" $registry) "") -}}
{{- $digest := default "" $image.digest | default (index (default dict $global.digests) $image.repository | default "") -}}
{{- $tag := default $global.tag $image.tag | default $top.Chart.AppVersion -}}
{{- if $digest -}}
{{- printf "%s@%s" $repository $digest -}}
{{- else -}}
{{- if eq $tag "latest" -}}{{- fail (printf "the image %s has the tag latest, which says nothing; set global.image.tag or global.image.digests" $repository) -}}{{- end -}}
{{- printf "%s:%s" $repository $tag -}}
{{- end -}}
{{- end -}}

{{/* stocktool-lib.address: (list $ "stock" "grpc") -> "<release>-stock:9000" */}}
{{- define "stocktool-lib.address" -}}
{{- $top := index . 0 -}}
{{- $target := index . 1 -}}
{{- $known := index $top.Values.global.mesh $target -}}
{{- if not $known -}}{{- fail (printf "global.mesh has no workload %q" $target) -}}{{- end -}}
{{- printf "%s:%s" (include "stocktool-lib.fullname" (list $top $target)) (include "stocktool-lib.port" (list $known.ports (index . 2))) -}}
{{- end -}}

{{/* Whether a workload of global.mesh runs in this release: "true" or empty. */}}
{{- define "stocktool-lib.present" -}}
{{- $top := index . 0 -}}
{{- $known := index $top.Values.global.mesh (index . 1) -}}
{{- if and $known $known.enabled -}}true{{- end -}}
{{- end -}}
