{{- define "trader.name" -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "trader.labels" -}}
app.kubernetes.io/name: arduino-trader
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Values.image.tag | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* Selector of a part: dict "root" . "part" "facade" */}}
{{- define "trader.selector" -}}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end -}}

{{/* The functions of the chosen layout, from the catalogue. */}}
{{- define "trader.functions" -}}
{{- $all := .Files.Get "files/functions.yaml" | fromYaml -}}
{{- get $all .Values.layout | required "layout: packed or single" | toYaml -}}
{{- end -}}

{{- define "trader.gatewayUrl" -}}
{{- if eq .Values.mode "openfaas" -}}{{ .Values.openfaas.gatewayUrl }}
{{- else -}}http://{{ include "trader.name" . }}-router:8080{{- end -}}
{{- end -}}

{{/* Environment that functions, connector and facade share, as a map. */}}
{{- define "trader.environment" -}}
GATEWAY_URL: {{ include "trader.gatewayUrl" . | quote }}
REDIS_URL_FILE: /var/openfaas/secrets/redis-url
REDIS_REPLICAS: {{ .Values.redis.acknowledgedBy | quote }}
{{- range $name, $value := .Values.settings }}
{{ $name }}: {{ $value | quote }}
{{- end }}
{{- end -}}

{{- define "trader.podSecurity" -}}
automountServiceAccountToken: false
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .user }}
  runAsGroup: {{ .user }}
  fsGroup: {{ .user }}
  seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "trader.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end -}}

{{/* Replicas are kept apart where there are nodes for it: dict "root" . "part" "facade" */}}
{{- define "trader.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "trader.selector" . | nindent 8 }}
{{- end -}}

{{/* dict "root" . "part" "facade" */}}
{{- define "trader.budget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "trader.name" .root }}-{{ .part }}
  labels: {{- include "trader.labels" .root | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {{- include "trader.selector" . | nindent 6 }}
{{- end -}}
