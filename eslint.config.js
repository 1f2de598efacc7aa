import js from '@eslint/js'
import jsxA11y from 'eslint-plugin-jsx-a11y'
import reactHooks from 'eslint-plugin-react-hooks'
import tseslint from 'typescript-eslint'

const clock = [
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Take the time as an argument.' },
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: 'Take the time as an argument.',
  },
  {
    selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
    message: 'Take randomness as an argument.',
  },
]
const environment = [
  {
    selector: "MemberExpression[object.name='process'][property.name='env']",
    message: 'Read the environment in a config file only.',
  },
]
const modules = [
  { selector: 'ExportAllDeclaration', message: 'No barrels: import from the file that defines the thing.' },
  {
    selector: 'ExportNamedDeclaration[source]',
    message: 'No re-exports: import from the file that defines the thing.',
  },
]
const noDefaultExport = [{ selector: 'ExportDefaultDeclaration', message: 'Default exports are for pages.' }]

export default tseslint.config(
  { ignores: ['build/', '.data/', '.test/', 'node_modules/', 'test-results/', 'db/migrations/'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    files: ['**/*.{ts,tsx}'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'max-params': ['error', 4],
      'no-console': 'error',
      'no-restricted-syntax': ['error', ...modules, ...noDefaultExport, ...environment],
    },
  },
  {
    files: ['app/domain/**/*.ts', 'app/commands/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', ...modules, ...noDefaultExport, ...environment, ...clock] },
  },
  {
    files: ['app/routes/**', 'app/root.tsx', 'app/routes.ts', 'app/entry.*.tsx', '*.config.{ts,js}'],
    rules: { 'no-restricted-syntax': ['error', ...modules, ...environment] },
  },
  {
    files: [
      'workers/serving/standalone.ts',
      'workers/serving/container.ts',
      '**/config.server.ts',
      'workers/config.ts',
      'workers/supervisor/**',
      'workers/serving/main.ts',
      'test/**',
      '*.config.ts',
    ],
    rules: { 'no-restricted-syntax': ['error', ...modules] },
  },
  {
    files: ['app/**/*.tsx'],
    plugins: { 'jsx-a11y': jsxA11y, 'react-hooks': reactHooks },
    rules: {
      ...jsxA11y.flatConfigs.strict.rules,
      ...reactHooks.configs.recommended.rules,
      // A region that scrolls must be reachable by keyboard.
      'jsx-a11y/no-noninteractive-tabindex': [
        'error',
        { tags: [], roles: ['region', 'log'], allowExpressionValues: true },
      ],
    },
  },
  {
    files: ['**/*.{mjs,cjs,js}'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'console',
          'setTimeout',
          'clearTimeout',
          'setInterval',
          'clearInterval',
          'Buffer',
          'URL',
          'TextDecoder',
          'TextEncoder',
          'SharedArrayBuffer',
          'Atomics',
          'structuredClone',
          'fetch',
          'performance',
          'module',
          'require',
          '__dirname',
          'AbortController',
          'AbortSignal',
          'setImmediate',
        ].map((name) => [name, 'readonly']),
      ),
    },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
)
