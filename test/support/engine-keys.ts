import { execFile } from 'node:child_process'
import { access, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const DAYS = '30'
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/**
 * Keys for an engine that answers on loopback and for its only client, signed by an authority made for them, under the
 * names that Docker's own client expects: `ca.pem`, `cert.pem`, `key.pem`; the engine's are `server-cert.pem` and
 * `server-key.pem`. Made once.
 */
export async function engineKeys(folder: string): Promise<void> {
  const at = (name: string) => path.join(folder, name)
  const isThere = await access(at('cert.pem')).then(
    () => true,
    () => false,
  )
  if (isThere) return
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const openssl = (...args: readonly string[]) => run('openssl', args)
  await openssl('req', '-x509', ...KEY, '-days', DAYS, '-subj', '/CN=test authority', ...inTo(at, 'ca'))
  const sign = async (name: string, extension: string) => {
    const request = at(`${name}.csr`)
    await openssl('req', ...KEY, '-subj', `/CN=${name}`, '-keyout', at(`${name}-key.pem`), '-out', request)
    await writeFile(at(`${name}.ext`), extension)
    await openssl(
      ...['x509', '-req', '-in', request, '-days', DAYS, '-extfile', at(`${name}.ext`), '-CAcreateserial'],
      ...['-CA', at('ca.pem'), '-CAkey', at('ca-key.pem'), '-out', at(`${name}-cert.pem`)],
    )
  }
  await sign('server', 'subjectAltName = IP:127.0.0.1\nextendedKeyUsage = serverAuth\n')
  await sign('client', 'extendedKeyUsage = clientAuth\n')
  await run('cp', [at('client-key.pem'), at('key.pem')])
  await run('cp', [at('client-cert.pem'), at('cert.pem')])
}

function inTo(at: (name: string) => string, name: string): string[] {
  return ['-keyout', at(`${name}-key.pem`), '-out', at(`${name}.pem`)]
}
