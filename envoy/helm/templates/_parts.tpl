{{/* The metadata of an object. */}}
{{- define "unstuff.metadata" -}}
name: {{ .name | default "unstuff" }}
namespace: {{ .root.Values.namespace | default .root.Release.Namespace }}
{{- end }}

{{/* The labels of the pods. Without any, the module would be in every proxy. */}}
{{- define "unstuff.labels" -}}
{{- if not .Values.labels }}{{ fail "labels: those of the pods whose proxies get the module" }}{{ end }}
{{- toYaml .Values.labels }}
{{- end }}

{{/* What a WasmPlugin has in every place of Istio. */}}
{{- define "unstuff.plugin" -}}
url: {{ required "module.url: where the module is" .Values.module.url }}
{{- with .Values.module.sha256 }}
sha256: {{ . | quote }}
{{- end }}
imagePullPolicy: IfNotPresent
{{- with .Values.module.pullSecret }}
imagePullSecret: {{ . }}
{{- end }}
type: HTTP
phase: AUTHN
priority: 100
failStrategy: FAIL_RELOAD
vmConfig:
  env:
  - { name: UNSTUFF_KEY, valueFrom: HOST }
  - { name: UNSTUFF_KEY_BEFORE, valueFrom: HOST }
pluginConfig:
  {{- toYaml .Values.policy | nindent 2 }}
{{- end }}

{{/* Where the connection manager is, for a patch. */}}
{{- define "unstuff.chain" -}}
context: {{ . }}
listener:
  filterChain:
    filter:
      name: envoy.filters.network.http_connection_manager
{{- end }}

{{/* The buffer filter of a route. */}}
{{- define "unstuff.buffered" -}}
typed_per_filter_config:
  envoy.filters.http.buffer:
    "@type": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.BufferPerRoute
    buffer: { max_request_bytes: {{ .Values.login.maxRequestBytes | int64 }} }
{{- end }}

{{/* The patches that the gateway and the sidecar have in common; `route` is the second. */}}
{{- define "unstuff.patches" -}}
- applyTo: HTTP_FILTER
  match:
    {{- include "unstuff.chain" .context | nindent 4 }}
          subFilter: { name: envoy.filters.http.router }
  patch:
    operation: INSERT_BEFORE
    value:
      name: envoy.filters.http.buffer
      disabled: true
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer
        max_request_bytes: {{ .root.Values.login.maxRequestBytes | int64 }}
{{ .route }}
- applyTo: VIRTUAL_HOST
  match: { context: {{ .context }} }
  patch:
    operation: MERGE
    value:
      request_headers_to_remove: [x-unstuff-verdict, x-unstuff-reasons, exposed-credential-check]
      request_headers_to_add:
      - header: { key: x-unstuff-verdict, value: "%FILTER_STATE(wasm.unstuff_verdict:PLAIN)%" }
        append_action: OVERWRITE_IF_EXISTS_OR_ADD
      - header: { key: x-unstuff-reasons, value: "%FILTER_STATE(wasm.unstuff_reasons:PLAIN)%" }
        append_action: OVERWRITE_IF_EXISTS_OR_ADD
      - header: { key: exposed-credential-check, value: "%FILTER_STATE(wasm.unstuff_exposed:PLAIN)%" }
        append_action: OVERWRITE_IF_EXISTS_OR_ADD
- applyTo: NETWORK_FILTER
  match:
    {{- include "unstuff.chain" .context | nindent 4 }}
  patch:
    operation: MERGE
    value:
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
        common_http_protocol_options:
          headers_with_underscores_action: DROP_HEADER
{{- end }}
