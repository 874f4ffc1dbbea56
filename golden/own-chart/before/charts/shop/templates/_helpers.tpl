{{- define "shop.labels" -}}
app.kubernetes.io/part-of: {{ .Chart.Name }}
{{- end }}
{{- define "shop.database" -}}
{{ .Release.Name }}-database
{{- end }}
