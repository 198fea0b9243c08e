{{- define "parvis.labels" -}}
app.kubernetes.io/name: parvis
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "parvis.allLabels" -}}
{{ include "parvis.labels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "parvis.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- define "parvis.allowed" -}}
{{- $all := list }}{{- range .Values.officeNetworks }}{{- $all = append $all .cidr }}{{- end }}{{- join "," $all -}}
{{- end }}

{{- define "parvis.denied" -}}
{{- $all := list }}{{- range .Values.officeNetworks }}{{- range .except }}{{- $all = append $all . }}{{- end }}{{- end }}{{- join "," $all -}}
{{- end }}

{{/* What every pod may not do. */}}
{{- define "parvis.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 990
  runAsGroup: 990
  fsGroup: 990
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "parvis.container" -}}
image: {{ include "parvis.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{/* Pods of one part, spread over the machines. */}}
{{- define "parvis.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "parvis.labels" . | nindent 8 }}
{{- end }}

{{/* The variables of portals and worker. */}}
{{- define "parvis.settings" -}}
- {name: DJANGO_SETTINGS_MODULE, value: parvis.portal.config.settings}
- {name: PARVIS_MODE, value: production}
- {name: PARVIS_URL, value: {{ .Values.url | quote }}}
- {name: PARVIS_AUTHORITY_NAME, value: {{ .Values.authorityName | quote }}}
- {name: PARVIS_DATA_DIR, value: /var/lib/parvis}
- {name: PARVIS_LISTEN, value: "0.0.0.0:8000"}
- {name: PARVIS_ALLOWED_NETWORKS, value: {{ include "parvis.allowed" . | quote }}}
- {name: PARVIS_DENIED_NETWORKS, value: {{ include "parvis.denied" . | quote }}}
- {name: PARVIS_TRUSTED_PROXIES, value: {{ join "," .Values.trustedProxies | quote }}}
{{- if .Values.filesUrl }}
- {name: PARVIS_FILES_URL, value: {{ .Values.filesUrl | quote }}}
- {name: PARVIS_FILES_CREDENTIALS, value: /run/parvis/files/credentials}
{{- end }}
{{- range $name, $value := .Values.settings }}
- {name: {{ $name }}, value: {{ $value | toString | quote }}}
{{- end }}
{{- range list "PARVIS_DATABASE_URL" "PARVIS_CACHE_URL" }}
- name: {{ . }}
  valueFrom: {secretKeyRef: {name: {{ $.Values.secrets.environment }}, key: {{ . }}}}
{{- end }}
{{- range list "PARVIS_EMAIL_URL" "PARVIS_CALDAV_URL" "PARVIS_PROXY_SECRET" }}
- name: {{ . }}
  valueFrom: {secretKeyRef: {name: {{ $.Values.secrets.environment }}, key: {{ . }}, optional: true}}
{{- end }}
{{- end }}

{{- define "parvis.mounts" -}}
- {name: data, mountPath: /var/lib/parvis}
- {name: keys, mountPath: /var/lib/parvis/keys, readOnly: true}
- {name: tmp, mountPath: /tmp}
{{- if .Values.filesUrl }}
- {name: files, mountPath: /run/parvis/files, readOnly: true}
{{- end }}
{{- end }}

{{- define "parvis.volumes" -}}
- {name: data, emptyDir: {sizeLimit: 2Gi}}
- {name: tmp, emptyDir: {sizeLimit: 1Gi}}
- name: keys
  secret: {secretName: {{ .Values.secrets.keys }}, defaultMode: 0440}
{{- if .Values.filesUrl }}
- name: files
  secret: {secretName: {{ .Values.secrets.files }}, defaultMode: 0440}
{{- end }}
{{- end }}
