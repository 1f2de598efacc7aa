import { createHash } from 'node:crypto'

/** Names a portal on engines and machines that it shares with others; tells nothing of its secret. */
export function instanceName(instanceSecret: string): string {
  return createHash('sha256').update(`instance ${instanceSecret}`).digest('hex').slice(0, 12)
}
