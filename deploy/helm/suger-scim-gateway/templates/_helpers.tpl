{{/* Name of the program in labels. */}}
{{- define "gateway.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Name of the objects of this release. */}}
{{- define "gateway.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- $name := include "gateway.name" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "gateway.selectorLabels" -}}
app.kubernetes.io/name: {{ include "gateway.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "gateway.labels" -}}
{{ include "gateway.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "gateway.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
{{- end }}

{{/* "true" if more than one pod may serve at a time, else empty. */}}
{{- define "gateway.several" -}}
{{- if or .Values.autoscaling.enabled (gt (int .Values.replicaCount) 1) }}true{{ end }}
{{- end }}

{{/* The ConfigMap that holds the mapping file, or nothing. */}}
{{- define "gateway.mappingConfigMap" -}}
{{- if .Values.mapping.existingConfigMap }}
{{- .Values.mapping.existingConfigMap }}
{{- else if .Values.mapping.content }}
{{- include "gateway.fullname" . }}-mapping
{{- end }}
{{- end }}

{{/* The secret settings that are set, as YAML: name of the variable to key. */}}
{{- define "gateway.secretSettings" -}}
{{- $keys := .Values.secrets.keys }}
{{- $settings := dict }}
{{- range $name, $key := dict
      "SUGER_CREDENTIAL" $keys.credential
      "GATEWAY_TOKENS" $keys.tokens
      "GATEWAY_CURSOR_SECRET" $keys.cursorSecret
      "GATEWAY_AUDIT_KEY" $keys.auditKey
      "GATEWAY_OPS_TOKEN" $keys.opsToken }}
{{- if $key }}{{ $_ := set $settings $name $key }}{{ end }}
{{- end }}
{{- toYaml $settings }}
{{- end }}

{{/* Rules for the values that the schema cannot express. */}}
{{- define "gateway.validate" -}}
{{- $keys := .Values.secrets.keys }}
{{- if and (not .Values.secrets.existingSecret) (compact (values $keys)) }}
{{- fail "secrets.keys names keys of a Secret: set secrets.existingSecret too" }}
{{- end }}
{{- if and .Values.secrets.existingSecret (not (compact (values $keys))) }}
{{- fail "secrets.existingSecret is set, but secrets.keys uses none of its keys" }}
{{- end }}
{{- if ne (empty $keys.credential) (empty $keys.tokens) }}
{{- fail "secrets.keys.credential and secrets.keys.tokens are only of use together" }}
{{- end }}
{{- if and (include "gateway.several" .) (not $keys.cursorSecret) }}
{{- fail "several replicas must share the secret that signs paging cursors: set secrets.existingSecret and secrets.keys.cursorSecret, for example after: kubectl create secret generic suger-scim-gateway --from-literal=cursor-secret=\"$(openssl rand -base64 32)\"" }}
{{- end }}
{{- if and .Values.mapping.content .Values.mapping.existingConfigMap }}
{{- fail "mapping.content and mapping.existingConfigMap exclude each other" }}
{{- end }}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) }}
{{- fail "ingress.enabled needs ingress.host" }}
{{- end }}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) }}
{{- fail "httpRoute.enabled needs httpRoute.parentRefs: the Gateways it belongs to" }}
{{- end }}
{{- end }}
