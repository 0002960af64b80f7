{{/* How the edge is reached from outside: nodePort, ingress or gateway. */}}
{{- define "stocktool-lib.exposure" -}}
{{- $global := .Values.global -}}
{{- $exposure := $global.exposure -}}
{{- $name := include "stocktool-lib.fullname" (list . "edge") -}}
{{- $port := $global.mesh.edge.ports.public -}}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $name }}-public
  labels: {{- include "stocktool-lib.labels" (list . "edge") | nindent 4 }}
  {{- with $exposure.serviceAnnotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ ternary "NodePort" "ClusterIP" (eq $exposure.type "nodePort") }}
  selector: {{- include "stocktool-lib.selectorLabels" (list . "edge") | nindent 4 }}
  ports:
    - name: public
      port: 80
      targetPort: public
      {{- if and (eq $exposure.type "nodePort") $exposure.nodePort }}
      nodePort: {{ $exposure.nodePort }}
      {{- end }}
{{- if eq $exposure.type "ingress" }}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ $name }}
  labels: {{- include "stocktool-lib.labels" (list . "edge") | nindent 4 }}
  {{- with $exposure.ingress.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- with $exposure.ingress.className }}
  ingressClassName: {{ . }}
  {{- end }}
  {{- with $exposure.ingress.tlsSecret }}
  tls:
    - hosts: [{{ $exposure.host | quote }}]
      secretName: {{ . }}
  {{- end }}
  rules:
    - {{ with $exposure.host }}host: {{ . | quote }}
      {{ end }}http:
        paths:
          - path: /
            pathType: Prefix
            backend: {service: {name: {{ $name }}-public, port: {name: public}}}
{{- end }}
{{- if eq $exposure.type "gateway" }}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: {{ $name }}
  labels: {{- include "stocktool-lib.labels" (list . "edge") | nindent 4 }}
spec:
  parentRefs:
    - {name: {{ $exposure.gateway.name }}{{ with $exposure.gateway.namespace }}, namespace: {{ . }}{{ end }}}
  {{- with $exposure.host }}
  hostnames: [{{ . | quote }}]
  {{- end }}
  rules:
    - matches: [{path: {type: PathPrefix, value: /}}]
      backendRefs: [{name: {{ $name }}-public, port: 80}]
{{- if $exposure.gateway.grpc }}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata:
  name: {{ $name }}
  labels: {{- include "stocktool-lib.labels" (list . "edge") | nindent 4 }}
spec:
  parentRefs:
    - {name: {{ $exposure.gateway.name }}{{ with $exposure.gateway.namespace }}, namespace: {{ . }}{{ end }}}
  {{- with $exposure.gateway.grpcHost | default $exposure.host }}
  hostnames: [{{ . | quote }}]
  {{- end }}
  rules:
    - matches:
        {{- range $service := list "stocktool.auth.v1.AuthService" "stocktool.stock.v1.StockService" "stocktool.stock.v1.PortfolioService" "stocktool.stock.v1.AnalyticsService" "stocktool.rag.v1.RagService" "stocktool.chat.v1.ChatService" "stocktool.admin.v1.AdminService" }}
        - {method: {type: Exact, service: {{ $service }}}}
        {{- end }}
      backendRefs: [{name: {{ $name }}-public, port: 80}]
{{- end }}
{{- end }}
{{- end -}}
