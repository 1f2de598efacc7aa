import { schemaOf } from '#app/domain/json-schema.ts'
import type { Description } from './description.ts'
import { DESCRIPTIONS } from './openapi.ts'

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#1c2430;background:#fff}
h2{margin-top:2.5rem;font-size:1.1rem}h2,li,p{overflow-wrap:anywhere}code,pre{font:14px/1.5 ui-monospace,monospace;background:#f2f4f7;border-radius:4px}
code{padding:.1rem .3rem}pre{padding:.75rem;overflow:auto}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.35rem .5rem;border-bottom:1px solid #d5dae1;vertical-align:top}
@media(prefers-color-scheme:dark){body{color:#e6e9ee;background:#14181f}code,pre{background:#222933}th,td{border-color:#39424f}}`

/** A page that a person reads: every operation, its parameters and its answer. No script, nothing from elsewhere. */
export function readerPage(origin: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>REST API · Throughline</title><style>${STYLE}</style></head><body><main><h1>REST API</h1>
<p>Send a token of the engagement with every request: <code>Authorization: Bearer &lt;token&gt;</code>. Tokens are made on the
engagement’s page of tokens. MLflow’s own protocol is served at <code>${escaped(origin)}/api/2.0/mlflow</code>: set
<code>MLFLOW_TRACKING_URI=${escaped(origin)}</code> and <code>MLFLOW_TRACKING_TOKEN</code>.</p>
<p>The same description for programs: <a href="/api/openapi.json">OpenAPI 3.1</a>.</p>
<nav aria-label="Operations"><ul>${DESCRIPTIONS.map((about) => `<li><a href="#${about.name}">${escaped(about.summary)}</a></li>`).join('')}</ul></nav>
${DESCRIPTIONS.map(section).join('\n')}</main></body></html>`
}

function section(about: Description): string {
  const schema = schemaOf(about.params, 'input')
  const rows = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const { description, type } = typeof property === 'object' ? property : {}
    const isNeeded = (schema.required ?? []).includes(name)
    return `<tr><td><code>${escaped(name)}</code></td><td>${escaped(String(type ?? 'string'))}${isNeeded ? ', needed' : ''}</td><td>${escaped(description ?? '')}</td></tr>`
  })
  return `<section id="${about.name}"><h2>${escaped(about.summary)}</h2>
<pre>${about.method} ${escaped(about.url)}</pre>
${rows.length === 0 ? '' : `<table><thead><tr><th scope="col">Parameter</th><th scope="col">Type</th><th scope="col">Meaning</th></tr></thead><tbody>${rows.join('')}</tbody></table>`}
${shapes('Body', about.bodies, 'input')}${shapes('Answer', about.answers, 'output')}</section>`
}

function shapes(title: string, types: Description['bodies'], io: 'input' | 'output'): string {
  return Object.entries(types)
    .map(([type, schema]) =>
      schema === null
        ? `<p>${title}: <code>${escaped(type)}</code></p>`
        : `<details><summary>${title}, <code>${escaped(type)}</code></summary><pre>${escaped(JSON.stringify(schemaOf(schema, io), null, 2))}</pre></details>`,
    )
    .join('\n')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
