import type { MetaFunction } from '@remix-run/node'
import { Form, Link, useLoaderData } from '@remix-run/react'
import { nextFirings, parseCron } from '#app/domain/cron.ts'
import type { ScheduleId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { startJobRefusal } from '#app/domain/job.ts'
import { MISFIRE_WORDS, OVERLAP_WORDS } from '#app/domain/schedule.ts'
import { FiringList } from '#app/features/schedules/firing-list.tsx'
import { whenWords } from '#app/features/schedules/schedule-words.ts'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { Badge } from '#app/ui/badge.tsx'
import { SubmitButton } from '#app/ui/button.tsx'
import { Definitions, PageHeader, Section } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'
import { getSchedule, listFirings } from '#db/queries/schedules.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Schedule · Throughline' }]

const NEXT_SHOWN = 5

export const loader = engagementLoader(async ({ tx, engagement, engagementId, standing, actor, params, now }) => {
  const schedule = await getSchedule(tx, engagementId, toId<ScheduleId>(params['scheduleId']))
  const cron = schedule.trigger === 'time' ? parseCron(schedule.cron) : ''
  return {
    engagementId,
    zone: actor.timeZone,
    schedule,
    next:
      typeof cron === 'string' || schedule.pausedAt !== null
        ? []
        : nextFirings(cron, schedule.timeZone, now, NEXT_SHOWN),
    firings: await listFirings(tx, schedule.id),
    refusal: startJobRefusal(standing, engagement.state)?.reason ?? null,
  }
})

export default function Schedule() {
  const { engagementId, zone, schedule, next, firings, refusal } = useLoaderData<typeof loader>()
  const isPaused = schedule.pausedAt !== null
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Schedules', to: paths.schedules(engagementId) }]}
        title={schedule.name}
        badge={<Badge tone={isPaused ? 'unknown' : 'met'}>{isPaused ? 'Paused' : 'Active'}</Badge>}
        verdict={whenWords(schedule)}
        action={
          <Form method="post" action={paths.scheduleVerb(engagementId, schedule.id, isPaused ? 'resume' : 'pause')}>
            <SubmitButton look="plain" disabledReason={refusal}>
              {isPaused ? 'Resume' : 'Pause'}
            </SubmitButton>
          </Form>
        }
      />
      {schedule.trigger !== 'time' ? null : (
        <Section title="The next five firings">
          {next.length === 0 ? (
            <p className="text-muted">None while it is paused. What would have fired meanwhile is left out.</p>
          ) : (
            <ol className="grid gap-1">
              {next.map((at) => (
                <li key={new Date(at).toISOString()}>
                  <Time at={at} zone={schedule.timeZone} /> {schedule.timeZone}
                  {schedule.timeZone === zone ? null : (
                    <span className="text-muted">
                      {' '}
                      · <Time at={at} zone={zone} /> yours
                    </span>
                  )}
                </li>
              ))}
            </ol>
          )}
        </Section>
      )}
      <Section title="What it does">
        <Definitions
          rows={[
            schedule.payload === null
              ? {
                  term: 'Retrains',
                  value: (
                    <Link to={paths.endpoint(engagementId, schedule.endpointId ?? '')}>{schedule.endpointSlug}</Link>
                  ),
                }
              : { term: 'Job', value: `${schedule.payload.recipe}: ${schedule.payload.runName}` },
            { term: 'While its last start has not ended', value: OVERLAP_WORDS[schedule.overlap] },
            { term: 'Times without a worker', value: MISFIRE_WORDS[schedule.misfire] },
            { term: 'Made by', value: schedule.createdByName },
          ]}
        />
      </Section>
      <Section title="Firings">
        <FiringList firings={firings} engagementId={engagementId} zone={zone} />
      </Section>
    </>
  )
}
