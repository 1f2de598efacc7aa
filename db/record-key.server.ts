import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Cryptography } from '#app/domain/record.ts'
import { sha256 } from './digest.ts'

/** The instance's key for checkpoints and exports. */
export interface RecordKey {
  /** First 16 hexadecimal digits of the SHA-256 of the public key. */
  readonly keyId: string
  /** PEM (SPKI). */
  readonly publicKey: string
  /** Ed25519 over the UTF-8 text, base64. */
  sign(text: string): string
}

/**
 * The key in `secrets/record-key.pem` of the data folder (Ed25519, PKCS 8); made at first use. Two processes that make it
 * at once end up with the same one.
 */
export async function openRecordKey(dataDir: string): Promise<RecordKey> {
  const folder = path.join(dataDir, 'secrets')
  const file = path.join(folder, 'record-key.pem')
  const pem = (await readFile(file, 'utf8').catch(() => null)) ?? (await makeKey(folder, file))
  const privateKey = createPrivateKey(pem)
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString()
  return {
    keyId: CRYPTOGRAPHY.keyIdOf(publicKey),
    publicKey,
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64'),
  }
}

/** Written whole beside its place, then linked there: who comes second finds it and takes it. */
async function makeKey(folder: string, file: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const draft = `${file}.${String(process.pid)}.${sha256(String(process.hrtime.bigint())).slice(0, 8)}`
  const made = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  await writeFile(draft, made, { mode: 0o600, flush: true })
  await link(draft, file).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  })
  await rm(draft)
  return readFile(file, 'utf8')
}

/** Node's own cryptography, for the rules of the record. */
export const CRYPTOGRAPHY: Cryptography = {
  sha256,
  isSignedBy(publicKey, text, signature) {
    try {
      return verify(null, Buffer.from(text), createPublicKey(publicKey), Buffer.from(signature, 'base64'))
    } catch {
      return false // not a key: nothing is signed by it
    }
  },
  keyIdOf(publicKey) {
    try {
      const der = createPublicKey(publicKey).export({ type: 'spki', format: 'der' })
      return createHash('sha256').update(der).digest('hex').slice(0, 16)
    } catch {
      return ''
    }
  },
}
