{{/* Values that services get and that only the whole mesh knows. */}}

{{- define "stocktool-lib.upstreams" -}}
{{- $top := . -}}
{{- $found := dict -}}
{{- range $service := list "auth" "stock" "rag" "chat" "admin" -}}
  {{- range $port := list "http" "grpc" -}}
    {{- $_ := set $found (printf "%s-%s" $service $port) (include "stocktool-lib.address" (list $top $service $port)) -}}
  {{- end -}}
{{- end -}}
{{- $_ := set $found "page" (include "stocktool-lib.address" (list $top "frontend" "http")) -}}
{{- if include "stocktool-lib.present" (list $top "emulator") -}}
  {{- $_ := set $found "objects" (include "stocktool-lib.address" (list $top "emulator" "aws")) -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{- define "stocktool-lib.workerOpsUrls" -}}
{{- $top := . -}}
{{- $found := dict -}}
{{- range $call := include "stocktool-lib.calls" (list $top "admin") | fromJsonArray -}}
  {{- $parts := splitList "." $call -}}
  {{- if eq (last $parts) "ops" -}}
    {{- $_ := set $found (first $parts) (printf "http://%s" (include "stocktool-lib.address" (list $top (first $parts) "ops"))) -}}
  {{- end -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{- define "stocktool-lib.queueUrl" -}}
{{- $top := index . 0 -}}
{{- $queue := index . 1 -}}
{{- if include "stocktool-lib.present" (list $top "emulator") -}}
http://{{ include "stocktool-lib.address" (list $top "emulator" "aws") }}/000000000000/{{ $queue }}
{{- else -}}
https://sqs.{{ $top.Values.global.aws.region }}.amazonaws.com/{{ $top.Values.global.aws.account }}/{{ $queue }}
{{- end -}}
{{- end -}}

{{/* Whether the cluster has an API: asked of it, or promised where rendering cannot ask. */}}
{{- define "stocktool-lib.knows" -}}
{{- if or ((index . 0).Capabilities.APIVersions.Has (index . 1)) (has (index . 1) (index . 0).Values.global.assumeApis) -}}true{{- end -}}
{{- end -}}

{{/* What cannot work together is refused here, by the name of the value that would cure it. */}}
{{- define "stocktool-lib.refuse" -}}
{{- $global := .Values.global -}}
{{- $emulated := include "stocktool-lib.present" (list . "emulator") -}}
{{- if and $emulated (ne $global.aws.identity "static") -}}
{{- fail "the emulator knows static keys only: set global.aws.identity to static, or switch global.mesh.emulator.enabled off" -}}
{{- end -}}
{{- if and (not $emulated) (eq $global.aws.identity "static") (not $global.aws.allowStaticKeys) -}}
{{- fail "static AWS keys against AWS itself: use global.aws.identity podIdentity or irsa, or accept the risk by global.aws.allowStaticKeys" -}}
{{- end -}}
{{- if and (not $emulated) (not $global.aws.account) -}}
{{- fail "global.aws.account is missing: topics and queues are named by it" -}}
{{- end -}}
{{- if and (not $emulated) (hasPrefix "http://" $global.publicOrigin) (not $global.allowPlainHttp) -}}
{{- fail (printf "global.publicOrigin is %s: sign-in cookies want https; set it, or accept the risk by global.allowPlainHttp" $global.publicOrigin) -}}
{{- end -}}
{{- if and (not $emulated) (not (or $global.egress.awsEndpoints $global.egress.internet443)) $global.networkPolicy.enabled -}}
{{- fail "nothing can reach AWS: name its endpoints in global.egress.awsEndpoints, or set global.egress.internet443" -}}
{{- end -}}
{{- if and (not (include "stocktool-lib.present" (list . "analyst"))) (not (dig "workloads" "chat" "secretEnv" "OPENAI_API_KEY" "" (.Values.chat | default dict))) -}}
{{- fail "no model answers: switch global.mesh.analyst.enabled on, or name the Secret of the key in chat.workloads.chat.secretEnv.OPENAI_API_KEY" -}}
{{- end -}}
{{- if and (eq $global.mtls.mode "none") (not $global.mtls.allowPlaintext) -}}
{{- fail "global.mtls.mode is none: services would speak plaintext; use job or certManager, or accept the risk by global.mtls.allowPlaintext" -}}
{{- end -}}
{{- if and (not $global.networkPolicy.enabled) (not $global.networkPolicy.allowNone) -}}
{{- fail "global.networkPolicy.enabled is false: any pod could call any other; accept the risk by global.networkPolicy.allowNone" -}}
{{- end -}}
{{- if not (has $global.mtls.generation $global.mtls.trust) -}}
{{- fail "global.mtls.generation is not among global.mtls.trust: nobody would trust the new certificates" -}}
{{- end -}}
{{- if and (eq $global.mtls.mode "certManager") (not (include "stocktool-lib.knows" (list . "cert-manager.io/v1"))) -}}
{{- fail "global.mtls.mode is certManager, and the cluster has no cert-manager.io/v1: install cert-manager, or use the mode job" -}}
{{- end -}}
{{- if and $global.autoscaling.enabled $global.autoscaling.keda (not (include "stocktool-lib.knows" (list . "keda.sh/v1alpha1"))) -}}
{{- fail "global.autoscaling.keda is set, and the cluster has no keda.sh/v1alpha1: install KEDA, or set global.autoscaling.keda to false" -}}
{{- end -}}
{{- if and (eq $global.exposure.type "gateway") (not (include "stocktool-lib.knows" (list . "gateway.networking.k8s.io/v1"))) -}}
{{- fail "global.exposure.type is gateway, and the cluster has no gateway.networking.k8s.io/v1: install the Gateway API, or use ingress or nodePort" -}}
{{- end -}}
{{- if and (eq $global.exposure.type "gateway") (not $global.exposure.gateway.name) -}}
{{- fail "global.exposure.gateway.name is missing: name the Gateway that the routes attach to" -}}
{{- end -}}
{{- end -}}
