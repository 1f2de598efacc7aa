import { Link } from '@remix-run/react'
import type { EngagementState } from '#app/domain/engagement.ts'
import type { JobState } from '#app/domain/job.ts'
import { paths } from '#app/paths.ts'
import { LinkButton } from '#app/ui/button.tsx'
import { Callout, EmptyState, PageHeader, Section } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'
import { EngagementBadge, JobBadge } from '../state-badge.tsx'
import type { WaitingItem } from './waiting-list.tsx'
import { WaitingList } from './waiting-list.tsx'

export interface HomeProps {
  readonly now: Date
  readonly name: string
  readonly zone: string
  readonly engagements: readonly {
    readonly id: string
    readonly name: string
    readonly client: string
    readonly state: EngagementState
  }[]
  readonly asks: readonly {
    readonly id: string
    readonly engagementId: string
    readonly engagementName: string
    readonly title: string
    readonly sentAt: Date
  }[]
}

/** What waits on me? What came back or was asked, open signatures by age, my jobs, my engagements. */
export function StaffHome({
  now,
  zone,
  engagements,
  asks,
  waiting,
  jobs,
  timer,
}: HomeProps & {
  waiting: readonly WaitingItem[]
  jobs: readonly {
    readonly id: string
    readonly engagementId: string
    readonly title: string
    readonly state: JobState
    readonly reason: string
    readonly requestedAt: Date
  }[]
  timer: {
    readonly engagementId: string
    readonly engagementName: string
    readonly startedAt: Date
    readonly note: string
  } | null
}) {
  const failed = jobs.filter((job) => ['failed', 'timed_out', 'lost'].includes(job.state)).length
  return (
    <>
      <PageHeader
        title="What waits on me?"
        verdict={`${waiting.length === 0 ? '' : `${String(waiting.length)} ${waiting.length === 1 ? 'thing waits' : 'things wait'} for you. `}${asks.length === 0 ? 'Nothing waits for a signature' : `${String(asks.length)} ${asks.length === 1 ? 'signature is' : 'signatures are'} open`}${failed === 0 ? '.' : `, and ${String(failed)} of your jobs failed.`}`}
        action={
          <>
            <LinkButton to={paths.externalEvents()}>External events</LinkButton>
            <LinkButton to={paths.newEngagement()}>New engagement</LinkButton>
          </>
        }
      />
      {timer === null ? null : (
        <Callout>
          Your timer runs for <Link to={paths.work(timer.engagementId)}>{timer.engagementName}</Link> since{' '}
          <Time at={timer.startedAt} now={now} zone={zone} />.
        </Callout>
      )}
      {waiting.length === 0 ? null : (
        <Section title="Waiting for you">
          <WaitingList items={waiting} now={now} zone={zone} />
        </Section>
      )}
      <div className="grid gap-x-8 lg:grid-cols-2">
        <Section title="Waiting for the client">
          {asks.length === 0 ? (
            <EmptyState title="No open signature">
              What you send for signature is listed here until it is decided, oldest first.
            </EmptyState>
          ) : (
            <ul className="grid gap-2">
              {asks.map((ask) => (
                <li key={ask.id}>
                  <Link to={paths.signOff(ask.engagementId, ask.id)}>{ask.title}</Link>
                  <div className="text-sm text-muted">
                    {ask.engagementName} · sent <Time at={ask.sentAt} now={now} zone={zone} />
                  </div>
                </li>
              ))}
            </ul>
          )}
        </Section>
        <Section title="Your jobs of the last week">
          {jobs.length === 0 ? (
            <EmptyState title="No job yet">
              Start a training job from an engagement; it goes on when you leave.
            </EmptyState>
          ) : (
            <ul className="grid gap-2">
              {jobs.map((job) => (
                <li key={job.id} className="flex flex-wrap items-center gap-x-3">
                  <JobBadge state={job.state} />
                  <Link to={paths.job(job.engagementId, job.id)}>{job.title}</Link>
                  <span className="text-sm text-muted">
                    <Time at={job.requestedAt} now={now} zone={zone} />
                  </span>
                </li>
              ))}
            </ul>
          )}
        </Section>
      </div>
      <Section title="Your engagements">
        {engagements.length === 0 ? (
          <EmptyState
            title="No engagement yet"
            action={
              <LinkButton to={paths.newEngagement()} look="primary">
                Open the first one
              </LinkButton>
            }
          >
            You see an engagement when you have a seat at its table.
          </EmptyState>
        ) : (
          <ul className="grid gap-2 sm:grid-cols-2 lg:grid-cols-3">
            {engagements.map((engagement) => (
              <li key={engagement.id} className="rounded-lg border border-line bg-surface p-3">
                <Link to={paths.engagement(engagement.id)} className="font-semibold">
                  {engagement.name}
                </Link>
                <div className="mt-1 flex flex-wrap items-center gap-2 text-sm text-muted">
                  <EngagementBadge state={engagement.state} />
                  {engagement.client}
                </div>
              </li>
            ))}
          </ul>
        )}
      </Section>
    </>
  )
}
