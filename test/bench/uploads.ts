import { randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { performance } from 'node:perf_hooks'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Sender } from './load.ts'
import { created } from './scenarios.ts'

const MIB = 1_048_576
const FILE_MIB = 64
const FILES_AT_ONCE = 8

/** MiB a second. */
export interface UploadSpeed {
  readonly ours: number
  /** Null where the peer takes no artifacts. */
  readonly peer: number | null
  /** The same bytes copied into files and synced, by this process. */
  readonly copied: number
  readonly errors: number
}

/** Files of 64 MiB, eight at once, as artifacts and as plain files, in turns; the faster of two turns each. */
export async function measureUploads(ours: Sender, peer: Sender | null): Promise<UploadSpeed> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'throughline-copies-'))
  let errors = 0
  const upload = async (sender: Sender) => {
    const root = await artifactRoot(sender)
    if (root === null) return 0
    return speedOf(async (at, content) => {
      const status = await sender.upload(`${root}/${String(at)}.bin`, content, FILE_MIB * MIB)
      if (status !== 200) errors += 1
    })
  }
  const best = { ours: 0, peer: 0, copied: 0 }
  try {
    for (let turn = 0; turn < 2; turn += 1) {
      best.copied = Math.max(best.copied, await speedOf((at, content) => copy(path.join(folder, String(at)), content)))
      best.ours = Math.max(best.ours, await upload(ours))
      if (peer) best.peer = Math.max(best.peer, await upload(peer))
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return { ...best, peer: best.peer === 0 ? null : best.peer, errors }
}

async function speedOf(take: (at: number, content: Readable) => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, (_, at) => take(at, Readable.from(blocks()))))
  return (FILE_MIB * FILES_AT_ONCE * 1000) / (performance.now() - startedAt)
}

/** No two files are alike: nothing that finds equal bytes has it easier. */
function* blocks(): Generator<Buffer> {
  const block = randomBytes(MIB)
  for (let at = 0; at < FILE_MIB; at += 1) {
    block.writeUInt32LE(at, 0)
    yield Buffer.from(block)
  }
}

async function copy(place: string, content: Readable): Promise<void> {
  await pipeline(content, createWriteStream(place))
  const file = await open(place, 'r+')
  await file.sync()
  await file.close()
}

/** Where a new run keeps its files, behind the proxy for artifacts; null for a server without one. */
async function artifactRoot(sender: Sender): Promise<string | null> {
  const runId = await created(sender)
  const { text } = await sender.send('GET', `runs/get?run_id=${runId}&run_uuid=${runId}`)
  return /"artifact_uri":\s*"mlflow-artifacts:\/+([^"]+)"/.exec(text)?.[1] ?? null
}
