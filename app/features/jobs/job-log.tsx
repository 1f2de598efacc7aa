import { useRevalidator } from '@remix-run/react'
import { useEffect, useRef, useState } from 'react'
import type { JobState } from '#app/domain/job.ts'
import { isJobEnded } from '#app/domain/job.ts'
import type { LogTail } from '#app/domain/job-log.ts'
import { longerTail } from '#app/domain/job-log.ts'
import { sizeWords } from '#app/domain/storage.ts'
import { paths } from '#app/paths.ts'
import { listenLive } from '#app/ui/live-stream.ts'

interface Piece {
  readonly id: number
  readonly stream: 'stdout' | 'stderr' | 'system'
  readonly text: string
}

interface Job {
  readonly id: string
  readonly engagementId: string
  readonly state: JobState
  readonly progress: number
  readonly progressNote: string
}

/**
 * The newest part of a job's log as it comes, and how far the job is; the whole log is a download. Without JavaScript it
 * shows what there was when the page was made.
 */
export function JobLog({ job, log }: { job: Job; log: LogTail<Piece> }) {
  const isEnded = isJobEnded(job.state)
  const liveUrl = paths.jobLive(job.engagementId, job.id)
  const [live, setLive] = useState(log)
  const [state, setState] = useState({ progress: job.progress, note: job.progressNote })
  const box = useRef<HTMLPreElement>(null)
  const { revalidate } = useRevalidator()

  useEffect(() => {
    if (isEnded) return
    const stop = listenLive(`${liveUrl}?after=${String(lastIdOf(log))}`, {
      log(event) {
        const said = JSON.parse(String(event.data)) as Omit<Piece, 'id'> // our own door writes it
        const piece = { ...said, id: Number(event.lastEventId) }
        setLive((before) => (piece.id > lastIdOf(before) ? longerTail(before, piece) : before))
      },
      state(event) {
        const said = JSON.parse(String(event.data)) as { progress: number; note: string } // our own door writes it
        setState(said)
      },
      end() {
        stop()
        revalidate()
      },
    })
    return stop
    // The stream goes on from where the page was made; new loader data after the end needs no stream.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [liveUrl, isEnded])

  useEffect(() => {
    if (!isEnded) box.current?.scrollTo({ top: box.current.scrollHeight })
  }, [live, isEnded])

  // Each is without a gap up to its last piece.
  const { pieces, leftOutBytes } = lastIdOf(live) > lastIdOf(log) ? live : log
  const percent = Math.round((isEnded ? job.progress : state.progress) * 100)
  return (
    <>
      <div className="mb-2 flex flex-wrap items-center gap-3">
        <progress max={100} value={percent} aria-label="Progress of the job" className="h-2 w-48 accent-accent" />
        <span className="text-sm text-muted">
          {percent} % {isEnded ? '' : state.note}
        </span>
        {pieces.length === 0 ? null : (
          <a href={paths.jobLog(job.engagementId, job.id)} download className="ml-auto text-sm">
            Download the whole log
          </a>
        )}
      </div>
      {leftOutBytes === 0 ? null : (
        <p className="mb-2 text-sm text-muted">
          This is the newest part: the {sizeWords(leftOutBytes)} before it are left out here, and are in the download.
        </p>
      )}
      {/* A region that scrolls must be reachable by keyboard. */}
      <pre
        ref={box}
        tabIndex={0}
        role="log"
        aria-label="Log"
        className="max-h-96 overflow-auto rounded-md border border-line bg-sunken p-3 font-mono text-sm whitespace-pre-wrap"
      >
        {pieces.length === 0
          ? 'Nothing yet.'
          : pieces.map((piece) => (
              <span
                key={piece.id}
                className={piece.stream === 'stderr' ? 'text-breach' : piece.stream === 'system' ? 'text-muted' : ''}
              >
                {piece.text}
              </span>
            ))}
      </pre>
    </>
  )
}

function lastIdOf({ pieces }: LogTail<Piece>): number {
  return pieces.at(-1)?.id ?? 0
}
