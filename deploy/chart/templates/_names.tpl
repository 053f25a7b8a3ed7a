{{- define "trader.name" -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "trader.labels" -}}
app.kubernetes.io/name: arduino-trader
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ include "trader.tag" . | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: arduino-trader
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* Labels of what belongs to a part: dict "root" . "part" "facade" */}}
{{- define "trader.partLabels" -}}
{{ include "trader.labels" .root }}
app.kubernetes.io/component: {{ .part }}
{{- end -}}

{{/* Selector of a part: dict "root" . "part" "facade" */}}
{{- define "trader.selector" -}}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end -}}

{{/* Of the images of this project, the chart's own version unless another is named. */}}
{{- define "trader.tag" -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion -}}
{{- if kindIs "string" $tag -}}{{ $tag }}{{- else -}}{{ toJson $tag }}{{- end -}}
{{- end -}}

{{/* The suffix of names within the cluster, of services in the release's namespace. */}}
{{- define "trader.domain" -}}
{{- printf "%s.svc.%s" .Release.Namespace .Values.clusterDomain -}}
{{- end -}}

{{/* Keys of the Secret that a function reads: its own, those of brokers and prices, the epoch of the state. */}}
{{- define "trader.secretKeys" -}}
{{- $keys := append .function.secrets "redis-url" | concat .root.Values.functions.secrets -}}
{{- if .root.Values.functions.stateEpoch -}}{{- $keys = append $keys "state-epoch" -}}{{- end -}}
{{- $keys | uniq | toYaml -}}
{{- end -}}

{{/* Of its pods: nothing that changes with a version of the chart, or Redis would restart at each upgrade. */}}
{{- define "trader.podLabels" -}}
app.kubernetes.io/name: arduino-trader
{{ include "trader.selector" . }}
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
{{- $own := dict "GATEWAY_URL" (include "trader.gatewayUrl" .) "REDIS_URL_FILE" "/var/openfaas/secrets/redis-url" -}}
{{- $_ := set $own "REDIS_REPLICAS" (.Values.redis.acknowledgedBy | toString) -}}
{{- range $name, $value := .Values.settings -}}
{{- /* Large numbers of a values file as they were written, not as 1e+07; null leaves a setting out. */ -}}
{{- if kindIs "string" $value -}}{{- $_ := set $own $name $value -}}
{{- else if kindIs "invalid" $value -}}{{- $_ := unset $own $name -}}
{{- else -}}{{- $_ := set $own $name (toJson $value) -}}{{- end -}}
{{- end -}}
{{- toYaml $own -}}
{{- end -}}

{{- define "trader.podSecurity" -}}
automountServiceAccountToken: false
# No variables of other Services, whose names may be those of settings.
enableServiceLinks: false
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

{{/* Where pods run, as the values say. */}}
{{- define "trader.scheduling" -}}
{{- with .Values.scheduling }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
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
  labels: {{- include "trader.partLabels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  {{- if ne .part "redis" }}
  # What is broken anyhow does not keep a node from being emptied.
  unhealthyPodEvictionPolicy: AlwaysAllow
  {{- end }}
  selector:
    matchLabels: {{- include "trader.selector" . | nindent 6 }}
{{- end -}}
