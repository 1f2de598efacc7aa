/** How the interpreter is started, for every program and for the snapshot they all begin from. */
export const PYTHON = {
  jsglobals: Object.create(null),
  env: { HOME: '/job', PYTHONHASHSEED: '0', LANG: 'C.UTF-8', _: 'python' },
}

/** What nearly every program imports: it is in the snapshot already. */
export const PRELOADED = ['csv', 'datetime', 'hashlib', 'json', 'math', 'os', 'runpy', 'socket', 'sys', 'traceback']
