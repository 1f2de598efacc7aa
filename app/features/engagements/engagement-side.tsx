import { Link } from '@remix-run/react'
import type { ChecklistMark } from '#app/domain/checklist.ts'
import { paths } from '#app/paths.ts'
import { Section } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'

/** Beside the progress: what waits for a signature, what is live, what must not be forgotten, what happened last. */
export function EngagementSide({
  engagementId,
  asks,
  live,
  checklist,
  events,
  now,
  zone,
}: {
  engagementId: string
  asks: readonly { readonly id: string; readonly title: string; readonly sentAt: Date }[]
  live: readonly {
    readonly endpointId: string
    readonly slug: string
    readonly revision: number
    readonly modelName: string
    readonly modelVersion: number
    readonly liveFrom: Date | null
  }[]
  /** The mark of each item. */
  checklist: readonly ChecklistMark[]
  events: readonly { readonly id: number; readonly summary: string; readonly at: Date }[]
  now: Date
  zone: string
}) {
  return (
    <aside aria-label="Beside the progress">
      <Section title="Waiting for a signature">
        {asks.length === 0 ? (
          <p className="text-muted">Nothing waits.</p>
        ) : (
          <ul className="grid gap-2">
            {asks.map((ask) => (
              <li key={ask.id}>
                <Link to={paths.signOff(engagementId, ask.id)}>{ask.title}</Link>
                <div className="text-sm text-muted">
                  sent <Time at={ask.sentAt} now={now} zone={zone} />
                </div>
              </li>
            ))}
          </ul>
        )}
      </Section>
      <Section title="Live">
        {live.length === 0 ? (
          <p className="text-muted">No model is live.</p>
        ) : (
          <ul className="grid gap-2">
            {live.map((endpoint) => (
              <li key={endpoint.endpointId}>
                <Link to={paths.endpoint(engagementId, endpoint.endpointId)}>{endpoint.slug}</Link>
                <div className="text-sm text-muted">
                  {endpoint.modelName} v{endpoint.modelVersion}, revision {endpoint.revision}
                  {endpoint.liveFrom === null ? null : (
                    <>
                      , since <Time at={endpoint.liveFrom} now={now} zone={zone} />
                    </>
                  )}
                </div>
              </li>
            ))}
          </ul>
        )}
      </Section>
      <Section title="Checklist">
        <Link to={paths.checklist(engagementId)}>
          {checklist.length === 0
            ? 'Nothing is on it yet'
            : `${String(checklist.filter((mark) => mark === 'done').length)} of ${String(checklist.length)} done`}
        </Link>
        {checklist.includes('off') ? (
          <div className="text-sm text-muted">
            {checklist.filter((mark) => mark === 'off').length} switched off, each for a reason
          </div>
        ) : null}
      </Section>
      <Section title="What happened last">
        <ol className="grid gap-2">
          {events.map((event) => (
            <li key={event.id} className="text-sm">
              <span className="break-words">{event.summary}</span>
              <div className="text-muted">
                <Time at={event.at} now={now} zone={zone} />
              </div>
            </li>
          ))}
        </ol>
      </Section>
    </aside>
  )
}
