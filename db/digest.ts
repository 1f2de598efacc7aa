import { createHash, randomBytes } from 'node:crypto'

/** SHA-256 in lower-case hexadecimal, of bytes or of UTF-8 text. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

/** A secret of 160 bits for links and tokens, in base 36 letters and digits. */
export function newSecret(): string {
  return BigInt(`0x${randomBytes(20).toString('hex')}`)
    .toString(36)
    .padStart(31, '0')
}

/** Dataset digests are logged by MLflow clients, which take at most 36 characters: 128 bits of the SHA-256. */
export function datasetDigest(sha256Hex: string): string {
  return sha256Hex.slice(0, 32)
}
