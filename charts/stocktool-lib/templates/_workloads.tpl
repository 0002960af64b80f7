{{/* One template per kind of object; each walks over the chart's workloads that are present in this release. */}}

{{- define "stocktool-lib.each" -}}
{{- $top := index . 0 -}}
{{- $template := index . 1 -}}
{{- $kinds := index . 2 -}}
{{- range $name := keys $top.Values.workloads | sortAlpha }}
{{- $workload := index $top.Values.workloads $name }}
{{- if and (has $workload.kind $kinds) (include "stocktool-lib.present" (list $top $name)) }}
{{- with include $template (list $top $name $workload) | trim }}
---
{{ . }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Charts call these with their own context. */}}
{{- define "stocktool-lib.deployments" -}}
{{- include "stocktool-lib.each" (list . "stocktool-lib.deployment" (list "Deployment")) -}}
{{- end -}}
{{- define "stocktool-lib.statefulsets" -}}
{{- include "stocktool-lib.each" (list . "stocktool-lib.statefulset" (list "StatefulSet")) -}}
{{- end -}}
{{- define "stocktool-lib.cronjobs" -}}
{{- include "stocktool-lib.each" (list . "stocktool-lib.cronjob" (list "CronJob")) -}}
{{- end -}}
{{- define "stocktool-lib.services" -}}
{{- include "stocktool-lib.each" (list . "stocktool-lib.service" (list "Deployment" "StatefulSet")) -}}
{{- end -}}
{{- define "stocktool-lib.serviceaccounts" -}}
{{- include "stocktool-lib.each" (list . "stocktool-lib.serviceaccount" (list "Deployment" "StatefulSet" "CronJob")) -}}
{{- end -}}
{{- define "stocktool-lib.disruptionbudgets" -}}
{{- include "stocktool-lib.each" (list . "stocktool-lib.disruptionbudget" (list "Deployment" "StatefulSet")) -}}
{{- end -}}
{{- define "stocktool-lib.autoscalers" -}}
{{- include "stocktool-lib.each" (list . "stocktool-lib.autoscaler" (list "Deployment")) -}}
{{- end -}}
{{- define "stocktool-lib.networkpolicies" -}}
{{- if .Values.global.networkPolicy.enabled -}}
{{- include "stocktool-lib.each" (list . "stocktool-lib.networkpolicy" (list "Deployment" "StatefulSet" "CronJob")) -}}
{{- end -}}
{{- end -}}
{{- define "stocktool-lib.configmaps" -}}
{{- include "stocktool-lib.each" (list . "stocktool-lib.configmap" (list "Deployment" "StatefulSet" "CronJob")) -}}
{{- end -}}

{{- define "stocktool-lib.metadata" -}}
metadata:
  name: {{ include "stocktool-lib.fullname" . }}
  labels: {{- include "stocktool-lib.labels" . | nindent 4 }}
{{- end -}}

{{/* "cpu" or "queue" when something scales the workload, else empty. */}}
{{- define "stocktool-lib.scaler" -}}
{{- $top := index . 0 -}}
{{- $scaling := (index . 2).autoscaling -}}
{{- if and $scaling $top.Values.global.autoscaling.enabled -}}
{{- if and $scaling.queue $top.Values.global.autoscaling.keda -}}queue{{- else -}}cpu{{- end -}}
{{- end -}}
{{- end -}}

{{- define "stocktool-lib.deployment" -}}
{{- $top := index . 0 -}}
{{- $name := index . 1 -}}
{{- $workload := index . 2 -}}
apiVersion: apps/v1
kind: Deployment
{{ include "stocktool-lib.metadata" . }}
spec:
  {{- if not (include "stocktool-lib.scaler" .) }}
  replicas: {{ $workload.replicas | default $top.Values.global.replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  progressDeadlineSeconds: 300
  strategy:
    {{- if $workload.recreate }}
    type: Recreate
    {{- else }}
    type: RollingUpdate
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
    {{- end }}
  selector:
    matchLabels: {{- include "stocktool-lib.selectorLabels" . | nindent 6 }}
  template: {{- include "stocktool-lib.podTemplate" . | nindent 4 }}
{{- end -}}

{{- define "stocktool-lib.statefulset" -}}
{{- $top := index . 0 -}}
{{- $name := index . 1 -}}
{{- $workload := index . 2 -}}
apiVersion: apps/v1
kind: StatefulSet
{{ include "stocktool-lib.metadata" . }}
spec:
  replicas: {{ $workload.replicas | default 1 }}
  serviceName: {{ include "stocktool-lib.fullname" . }}
  revisionHistoryLimit: 3
  persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Retain}
  selector:
    matchLabels: {{- include "stocktool-lib.selectorLabels" . | nindent 6 }}
  template: {{- include "stocktool-lib.podTemplate" . | nindent 4 }}
  {{- with $workload.persistence }}
  volumeClaimTemplates:
    - metadata:
        name: data
        labels: {{- include "stocktool-lib.selectorLabels" (list $top $name) | nindent 10 }}
      spec:
        accessModes: [ReadWriteOnce]
        {{- with .storageClass | default $top.Values.global.storageClass }}
        storageClassName: {{ . }}
        {{- end }}
        resources: {requests: {storage: {{ .size }}}}
  {{- end }}
{{- end -}}

{{- define "stocktool-lib.cronjob" -}}
{{- $top := index . 0 -}}
{{- $workload := index . 2 -}}
apiVersion: batch/v1
kind: CronJob
{{ include "stocktool-lib.metadata" . }}
spec:
  schedule: {{ $workload.schedule | quote }}
  timeZone: {{ $workload.timeZone | default "Etc/UTC" }}
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 300
  successfulJobsHistoryLimit: 1
  failedJobsHistoryLimit: 2
  jobTemplate:
    metadata:
      labels: {{- include "stocktool-lib.labels" . | nindent 8 }}
    spec:
      backoffLimit: 2
      activeDeadlineSeconds: {{ $workload.deadlineSeconds | default 900 }}
      ttlSecondsAfterFinished: 3600
      template: {{- include "stocktool-lib.podTemplate" . | nindent 8 }}
{{- end -}}

{{/* Headless: gRPC clients and the edge balance over the pods themselves. */}}
{{- define "stocktool-lib.service" -}}
{{- $top := index . 0 -}}
{{- $name := index . 1 -}}
{{- $ports := (index $top.Values.global.mesh $name).ports -}}
{{- if $ports -}}
apiVersion: v1
kind: Service
{{ include "stocktool-lib.metadata" . }}
spec:
  {{- if (index . 2).clusterAddress }}
  type: ClusterIP
  {{- else }}
  clusterIP: None
  {{- end }}
  selector: {{- include "stocktool-lib.selectorLabels" . | nindent 4 }}
  ports:
    {{- range $port := keys $ports | sortAlpha }}
    - {name: {{ $port }}, port: {{ index $ports $port }}, targetPort: {{ $port }}, protocol: TCP}
    {{- end }}
{{- end -}}
{{- end -}}

{{- define "stocktool-lib.serviceaccount" -}}
{{- $top := index . 0 -}}
{{- $workload := index . 2 -}}
{{- $aws := $top.Values.global.aws -}}
apiVersion: v1
kind: ServiceAccount
{{ include "stocktool-lib.metadata" . }}
  {{- if and $workload.aws (eq $aws.identity "irsa") }}
  annotations:
    eks.amazonaws.com/role-arn: {{ required (printf "global.aws.identity is irsa: give the role of %s in global.aws.roleArns.%s" (index . 1) (index . 1)) (index $aws.roleArns (index . 1)) }}
  {{- end }}
automountServiceAccountToken: false
{{- end -}}

{{- define "stocktool-lib.disruptionbudget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
{{ include "stocktool-lib.metadata" . }}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {{- include "stocktool-lib.selectorLabels" . | nindent 6 }}
{{- end -}}

{{- define "stocktool-lib.configmap" -}}
{{- $workload := index . 2 -}}
{{- if $workload.files -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "stocktool-lib.fullname" (list (index . 0) (printf "%s-files" (index . 1))) }}
  labels: {{- include "stocktool-lib.labels" . | nindent 4 }}
data: {{- include "stocktool-lib.filesData" (list (index . 0) $workload) | nindent 2 }}
{{- end -}}
{{- end -}}

{{- define "stocktool-lib.autoscaler" -}}
{{- $top := index . 0 -}}
{{- $name := index . 1 -}}
{{- $scaling := (index . 2).autoscaling -}}
{{- $global := $top.Values.global -}}
{{- $kind := include "stocktool-lib.scaler" . -}}
{{- $target := include "stocktool-lib.fullname" (list $top $name) -}}
{{- if eq $kind "cpu" -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
{{ include "stocktool-lib.metadata" . }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ $target }}}
  minReplicas: {{ max 1 (int $scaling.min) }}
  maxReplicas: {{ $scaling.max }}
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: {{ $scaling.cpu }}}}
  behavior:
    scaleDown: {stabilizationWindowSeconds: 300}
{{- else if eq $kind "queue" -}}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
{{ include "stocktool-lib.metadata" . }}
spec:
  scaleTargetRef: {name: {{ $target }}}
  minReplicaCount: {{ $scaling.min }}
  maxReplicaCount: {{ $scaling.max }}
  pollingInterval: 15
  cooldownPeriod: 300
  triggers:
    - type: aws-sqs-queue
      authenticationRef: {name: {{ include "stocktool-lib.fullname" (list $top "queues") }}}
      metadata:
        queueURL: {{ tpl $scaling.queue.url $top | quote }}
        queueLength: {{ $scaling.queue.depth | quote }}
        awsRegion: {{ $global.aws.region | quote }}
        scaleOnInFlight: "true"
        {{- if include "stocktool-lib.present" (list $top "emulator") }}
        awsEndpoint: {{ printf "http://%s" (include "stocktool-lib.address" (list $top "emulator" "aws")) | quote }}
        {{- end }}
    {{- if not (include "stocktool-lib.present" (list $top "emulator")) }}
    - type: aws-cloudwatch
      authenticationRef: {name: {{ include "stocktool-lib.fullname" (list $top "queues") }}}
      metadata:
        namespace: AWS/SQS
        dimensionName: QueueName
        dimensionValue: {{ $scaling.queue.name | quote }}
        metricName: ApproximateAgeOfOldestMessage
        metricStat: Maximum
        metricStatPeriod: "60"
        targetMetricValue: {{ $scaling.queue.ageSeconds | quote }}
        minMetricValue: "0"
        awsRegion: {{ $global.aws.region | quote }}
    {{- end }}
{{- end -}}
{{- end -}}
