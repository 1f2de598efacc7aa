/** The layer table of ARCHITECTURE.md, executable. */
const MAY_IMPORT = {
  'app/domain': [],
  'app/paths': ['app/domain'],
  'app/ui': [],
  db: ['app/domain'],
  'app/commands': ['app/domain', 'app/paths', 'db'],
  'app/features': ['app/domain', 'app/paths', 'app/ui'],
  'app/server': ['app/domain', 'app/paths', 'db'],
  'app/api': ['app/domain', 'app/paths', 'db', 'app/commands', 'app/server'],
  'app/routes': ['app/domain', 'app/paths', 'app/ui', 'db', 'app/commands', 'app/features', 'app/server', 'app/api'],
  workers: ['app/domain', 'app/paths', 'db', 'app/commands'],
}

const LAYERS = Object.keys(MAY_IMPORT)
const pattern = (layer) => (layer === 'app/paths' ? '^app/paths\\.ts$' : `^${layer}/`)

const layerRules = LAYERS.map((layer) => ({
  name: `${layer.replace('/', '-')}-imports-down`,
  severity: 'error',
  from: { path: pattern(layer), ...(layer === 'db' ? { pathNot: '^db/seed/' } : {}) },
  to: { path: '^(app|db|workers)/', pathNot: [pattern(layer), ...MAY_IMPORT[layer].map(pattern)] },
}))

/** One home for each outside library. */
const HOMES = {
  postgres: '^(db/postgres\\.server\\.ts|db/client\\.server\\.ts|db/migrate\\.server\\.ts|test/support/)',
  lucia: '^app/server/session\\.server\\.ts$',
  nodemailer: '^workers/mail/transport\\.ts$',
  dockerode:
    '^(workers/docker/|workers/executors/(docker|swarm)\\.ts|workers/serving/engines/|test/executors/|test/engines/|test/support/(inside|swarm)\\.ts)',
  'graphile-worker':
    '^(workers/main\\.ts|workers/queue\\.ts|workers/task\\.ts|workers/registry\\.ts|db/migrate\\.server\\.ts|test/)',
  'onnxruntime-web': '^workers/serving/',
  pyodide: '^workers/executors/cage/',
  pdfkit: '^app/server/pdf\\.server\\.ts$',
  '@tanstack/react-table': '^app/ui/',
  '@tanstack/react-virtual': '^app/ui/',
  '@nivo/[a-z]+': '^app/ui/',
}

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    ...layerRules,
    {
      name: 'domain-is-pure',
      severity: 'error',
      from: { path: '^app/domain/' },
      to: { pathNot: ['^app/domain/', 'node_modules/zod/'] },
    },
    {
      name: 'features-do-not-import-siblings',
      severity: 'error',
      from: { path: '^app/features/([^/]+)/' },
      to: { path: '^app/features/([^/]+)/', pathNot: '^app/features/$1/' },
    },
    {
      name: 'routes-do-not-import-siblings',
      severity: 'error',
      from: { path: '^app/routes/' },
      to: { path: '^app/routes/' },
    },
    ...Object.entries(HOMES).map(([library, home]) => ({
      name: `one-home-for-${library.replace(/[^a-z-]/g, '')}`,
      severity: 'error',
      from: { pathNot: home },
      to: { path: `node_modules/${library}/` },
    })),
    {
      name: 'drizzle-lives-in-db',
      severity: 'error',
      from: { path: '^(app|workers)/' },
      to: { path: 'node_modules/drizzle-orm/' },
    },
    {
      name: 'production-does-not-import-tests',
      severity: 'error',
      from: { path: '^(app|db|workers)/' },
      to: { path: '^test/' },
    },
    {
      name: 'no-dead-files',
      severity: 'error',
      from: {
        orphan: true,
        // Pages are named as text, by app/routes.ts.
        pathNot: ['\\.d\\.m?ts$', '\\.config\\.', '\\.test\\.tsx?$', '\\.spec\\.ts$', '^app/routes/'],
      },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(build|\\.data|\\.test|db/migrations)' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
