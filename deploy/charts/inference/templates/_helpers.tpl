{{- define "inference.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "inference.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains (include "inference.name" .) .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "inference.name" .) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "inference.selectorLabels" -}}
app.kubernetes.io/name: {{ include "inference.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "inference.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "inference.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "inference.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "inference.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "inference.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default (ternary (printf "%s-cuda" .Chart.AppVersion) .Chart.AppVersion .Values.gpu.enabled) .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* Whether an address is served with TLS: call with (list $ "grpc"). */}}
{{- define "inference.tls" -}}
{{- $root := index . 0 -}}
{{- if and $root.Values.tls.existingSecret (ne (index $root.Values.tls (index . 1)) "Off") -}}true{{- end -}}
{{- end -}}

{{- define "inference.time" -}}
{{- printf "%02d:%02d:%02d" (div . 3600) (mod (div . 60) 60) (mod . 60) -}}
{{- end -}}

{{/* appsettings.json: what the chart sets, over what the values ask for. */}}
{{- define "inference.settings" -}}
{{- $v := .Values -}}
{{- $server := dict
      "GrpcAddress" (printf "*:%d" (int $v.service.grpcPort))
      "HttpAddress" (printf "*:%d" (int $v.service.httpPort))
      "HttpApi" $v.server.httpApi
      "Reflection" $v.server.reflection
      "ReadinessGrace" (include "inference.time" (int $v.server.readinessGraceSeconds))
      "DrainTime" (include "inference.time" (int $v.server.drainSeconds)) -}}
{{- $chart := dict
      "Server" $server
      "Bundle" (dict "Path" (printf "/models/%s" $v.models.path | trimSuffix "/") "Version" $v.models.version)
      "Loading" (dict "CacheFolder" "/cache")
      "Telemetry" (dict "Prometheus" $v.telemetry.prometheus "OtlpEndpoint" $v.telemetry.otlpEndpoint "OtlpProtocol" $v.telemetry.otlpProtocol "TraceSampling" (float64 $v.telemetry.traceSampling))
      "Security" (dict "Anonymous" $v.security.anonymous) -}}
{{- if $v.redis.configuration }}{{ $_ := set $chart "Redis" (dict "Configuration" $v.redis.configuration) }}{{ end -}}
{{- if $v.vectorEngine.configuration }}{{ $_ := set $chart "VectorEngine" (dict "Configuration" $v.vectorEngine.configuration) }}{{ end -}}
{{- if $v.surfaces }}{{ $_ := set $chart "Surfaces" (dict "File" "/etc/inference/surfaces.json") }}{{ end -}}
{{- if $v.decisions.enabled }}{{ $_ := set $chart "Decisions" (dict "Folder" "/decisions") }}{{ end -}}
{{- if $v.gpu.enabled }}{{ $_ := set $chart "Towers" (dict "Providers" "cuda,cpu") }}{{ end -}}
{{- if $v.security.clientsSecret }}{{ $_ := set $chart.Security "ClientsFile" (printf "/etc/inference-clients/%s" $v.security.clientsKey) }}{{ end -}}
{{- if $v.security.jwt.keys }}{{ $_ := set $chart "Jwt" (dict "Keys" $v.security.jwt.keys "Issuer" $v.security.jwt.issuer "Audience" $v.security.jwt.audience) }}{{ end -}}
{{- if $v.tls.existingSecret -}}
{{- $tls := dict "Certificate" "/etc/inference-tls/tls.crt" "Key" "/etc/inference-tls/tls.key" "Grpc" $v.tls.grpc "Http" $v.tls.http -}}
{{- if or (has $v.tls.grpc (list "Optional" "Required")) (has $v.tls.http (list "Optional" "Required")) }}{{ $_ := set $tls "ClientAuthorities" "/etc/inference-tls/ca.crt" }}{{ end -}}
{{- $_ := set $chart "Tls" $tls -}}
{{- end -}}
{{- mergeOverwrite (deepCopy $v.settings) (dict "Inference" $chart) | toPrettyJson -}}
{{- end -}}

{{/* Ready: by the native gRPC probe where the port is plain HTTP/2. Call with (list $ grpcTls httpTls). */}}
{{- define "inference.readyProbe" -}}
{{- if index . 1 -}}
httpGet: { path: /readyz, port: http, scheme: {{ ternary "HTTPS" "HTTP" (index . 2) }} }
{{- else -}}
grpc: { port: {{ (index . 0).Values.service.grpcPort }} }
{{- end -}}
{{- end -}}
