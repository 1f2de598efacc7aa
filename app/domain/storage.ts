import { z } from 'zod'
import { isExecutive } from './actor.ts'
import type { Standing } from './engagement.ts'
import type { Refusal } from './errors.ts'

const MIB = 1_048_576
const GIB = 1024 * MIB
const GIB_MAX = 100_000

/** What an engagement's files take and may take, in bytes. The same bytes count once, whatever names them. */
export interface Storage {
  readonly usedBytes: number
  readonly limitBytes: number
}

/**
 * Why so many more bytes are not taken.
 * @param addedBytes 0 before a size is known: then only a full store refuses
 */
export function quotaRefusal({ usedBytes, limitBytes }: Storage, addedBytes: number): Refusal | null {
  const hasRoom = addedBytes === 0 ? usedBytes < limitBytes : usedBytes + addedBytes <= limitBytes
  if (hasRoom) return null
  return {
    reason: `This engagement holds ${sizeWords(usedBytes)} of files and may hold ${sizeWords(limitBytes)}. Delete files that are not needed, or ask the firm’s owner or an executive for more.`,
  }
}

export function limitRefusal({ actor }: Standing): Refusal | null {
  return isExecutive(actor) ? null : { reason: 'Only the firm’s owner and executives set how much may be stored.' }
}

/** Bytes as people say them, such as `1.5 GiB`. */
export function sizeWords(bytes: number): string {
  if (bytes >= GIB) return `${(bytes / GIB).toLocaleString('en-GB', { maximumFractionDigits: 2 })} GiB`
  if (bytes >= MIB) return `${(bytes / MIB).toLocaleString('en-GB', { maximumFractionDigits: 1 })} MiB`
  return `${Math.ceil(bytes / 1024).toLocaleString('en-GB')} KiB`
}

/** A limit as it is typed; empty for the portal's own. */
export const StorageLimitForm = z.object({
  limit: z
    .string()
    .trim()
    .refine((text) => text === '' || (/^\d+(\.\d+)?$/.test(text) && Number(text) <= GIB_MAX), {
      error: `Write a number of GiB up to ${GIB_MAX.toLocaleString('en-GB')}, such as 20 or 0.5, or leave it empty.`,
    })
    .transform((text) => (text === '' ? null : Math.round(Number(text) * GIB))),
})

/** The other way: what stands in the field for a limit. */
export function limitInGib(limitBytes: number | null): string {
  return limitBytes === null ? '' : String(Number((limitBytes / GIB).toFixed(3)))
}
