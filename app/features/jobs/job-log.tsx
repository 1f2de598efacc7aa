import { useRevalidator } from '@remix-run/react'
import { useEffect, useRef, useState } from 'react'
import type { JobState } from '#app/domain/job.ts'
import { isJobEnded } from '#app/domain/job.ts'

interface Piece {
  readonly id: number
  readonly stream: 'stdout' | 'stderr' | 'system'
  readonly text: string
}

/** A job's log as it comes, and how far it is. Without JavaScript it shows what there was when the page was made. */
export function JobLog({
  liveUrl,
  job,
  pieces,
}: {
  liveUrl: string
  job: { readonly state: JobState; readonly progress: number; readonly progressNote: string }
  pieces: readonly Piece[]
}) {
  const isEnded = isJobEnded(job.state)
  const [live, setLive] = useState<readonly Piece[]>([])
  const [state, setState] = useState({ progress: job.progress, note: job.progressNote })
  const box = useRef<HTMLPreElement>(null)
  const { revalidate } = useRevalidator()
  const lastId = pieces.at(-1)?.id ?? 0

  useEffect(() => {
    if (isEnded) return
    const source = new EventSource(`${liveUrl}?after=${String(lastId)}`)
    source.addEventListener('log', (event) => {
      const piece = JSON.parse(String(event.data)) as Omit<Piece, 'id'> // our own door writes it
      setLive((before) => [...before, { ...piece, id: Number(event.lastEventId) }])
    })
    source.addEventListener('state', (event) => {
      const said = JSON.parse(String(event.data)) as { progress: number; note: string } // our own door writes it
      setState(said)
    })
    source.addEventListener('end', () => {
      source.close()
      revalidate()
    })
    return () => {
      source.close()
    }
    // The stream goes on from where the page was made; new loader data after the end needs no stream.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [liveUrl, isEnded])

  useEffect(() => {
    if (!isEnded) box.current?.scrollTo({ top: box.current.scrollHeight })
  }, [live, isEnded])

  const shown = [...pieces, ...live.filter((piece) => piece.id > lastId)]
  const percent = Math.round((isEnded ? job.progress : state.progress) * 100)
  return (
    <>
      <div className="mb-2 flex items-center gap-3">
        <progress max={100} value={percent} aria-label="Progress of the job" className="h-2 w-48 accent-accent" />
        <span className="text-sm text-muted">
          {percent} % {isEnded ? '' : state.note}
        </span>
      </div>
      {/* A region that scrolls must be reachable by keyboard. */}
      <pre
        ref={box}
        tabIndex={0}
        role="log"
        aria-label="Log"
        className="max-h-96 overflow-auto rounded-md border border-line bg-sunken p-3 font-mono text-sm whitespace-pre-wrap"
      >
        {shown.length === 0
          ? 'Nothing yet.'
          : shown.map((piece) => (
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
