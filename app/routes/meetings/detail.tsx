import type { MetaFunction } from '@remix-run/node'
import { Form, useLoaderData } from '@remix-run/react'
import type { MeetingId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { closeRefusal, correctionRefusal, meetingRefusal, openMeetingRefusal } from '#app/domain/meeting.ts'
import { Agenda } from '#app/features/meetings/agenda.tsx'
import { MeetingBadge } from '#app/features/meetings/meeting-badge.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { Visibility } from '#app/ui/badge.tsx'
import { LinkButton, SubmitButton } from '#app/ui/button.tsx'
import { TextArea, TextField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { Callout, Definitions, EmptyState, PageHeader, Section } from '#app/ui/layout.tsx'
import { Prose } from '#app/ui/prose.tsx'
import { Time } from '#app/ui/time.tsx'
import { listPoints } from '#db/queries/agendas.ts'
import { getMeeting, listAttendees, listCorrections } from '#db/queries/meetings.ts'
import { listRegister } from '#db/queries/registers.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Meeting · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, actor, now, params, url }) => {
  const meeting = await getMeeting(tx, engagementId, toId<MeetingId>(params['meetingId']))
  const points = await listPoints(tx, [meeting.id])
  const isOurs = meetingRefusal(standing) === null
  return {
    engagementId,
    zone: actor.timeZone,
    meeting,
    points,
    attendees: (await listAttendees(tx, [meeting.id])).map(({ personId, name }) => ({ personId, name })),
    outcomes: (await listRegister(tx, engagementId)).filter((entry) => entry.meetingId === meeting.id),
    corrections: await listCorrections(tx, meeting.id),
    mayWrite: isOurs && openMeetingRefusal(meeting.state) === null,
    isNothingNew: url.searchParams.get('added') === '0',
    closing: closeRefusal(standing, meeting, now)?.reason ?? null,
    mayCorrect: correctionRefusal(standing, meeting.state) === null,
  }
})

export default function Meeting() {
  const {
    engagementId,
    zone,
    meeting,
    points,
    attendees,
    outcomes,
    corrections,
    mayWrite,
    isNothingNew,
    closing,
    mayCorrect,
  } = useLoaderData<typeof loader>()
  const verb = (name: Parameters<typeof paths.meetingVerb>[2]) => paths.meetingVerb(engagementId, meeting.id, name)
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Meetings', to: paths.meetings(engagementId) }]}
        title={meeting.title}
        badge={
          <>
            <MeetingBadge state={meeting.state} />
            <Visibility sharedWith={meeting.audience === 'shared' ? 'client' : 'team'} />
          </>
        }
        action={
          <>
            <LinkButton to={paths.meetingCalendar(engagementId, meeting.id)} isDocument>
              Calendar file
            </LinkButton>
            {mayWrite ? <LinkButton to={verb('edit')}>Change it</LinkButton> : null}
            {mayWrite ? <LinkButton to={verb('cancel')}>Cancel it</LinkButton> : null}
          </>
        }
      />
      {meeting.state === 'cancelled' ? (
        <Callout tone="risk">This meeting was cancelled: {meeting.stateReason}</Callout>
      ) : null}
      <div className="mb-8">
        <Definitions
          rows={[
            {
              term: 'When',
              value: (
                <>
                  <Time at={meeting.startsAt} zone={zone} />, {meeting.lengthMinutes} minutes
                  {meeting.timeZone === zone ? null : (
                    <span className="text-muted">
                      {' '}
                      · <Time at={meeting.startsAt} zone={meeting.timeZone} /> in {meeting.timeZone}
                    </span>
                  )}
                </>
              ),
            },
            { term: 'Where', value: meeting.place === '' ? '–' : <Prose text={meeting.place} /> },
            { term: 'Asked to come', value: attendees.map(({ name }) => name).join(', ') || 'nobody' },
            { term: 'Planned by', value: meeting.plannedByName },
          ]}
        />
      </div>
      <Section
        title={meeting.state === 'held' ? 'Minutes' : 'Agenda and minutes'}
        aside={
          meeting.state === 'held' && meeting.endedAt !== null ? <Closed at={meeting.endedAt} zone={zone} /> : null
        }
      >
        {points.length === 0 ? (
          <EmptyState title="Nothing is on the agenda">
            What is open in the engagement can be put on it, and points of your own.
          </EmptyState>
        ) : (
          <Agenda
            engagementId={engagementId}
            meetingId={meeting.id}
            points={points}
            outcomes={outcomes}
            mayWrite={mayWrite}
          />
        )}
        {!mayWrite ? null : (
          <div className="mt-4">
            <PostForm key={points.length} state={null} action={verb('points')}>
              <TextField name="text" label="A point of your own" />
              <SubmitButton look="plain">Put it on the agenda</SubmitButton>
            </PostForm>
            <Form method="post" action={verb('agenda')} className="mt-3">
              <SubmitButton look="plain">Add what became open since</SubmitButton>
              {isNothingNew ? (
                <span role="status" className="ml-3 text-muted">
                  Nothing became open since.
                </span>
              ) : null}
            </Form>
          </div>
        )}
      </Section>
      {corrections.length === 0 && !mayCorrect ? null : (
        <Section title="Corrections">
          {corrections.length === 0 ? <p className="mb-4 text-muted">Nothing was corrected.</p> : null}
          <ol className="mb-4 grid gap-3">
            {corrections.map((correction) => (
              <li key={correction.id}>
                <Prose text={correction.text} />
                <p className="text-sm text-muted">
                  {correction.writtenByName}, <Time at={correction.at} zone={zone} />
                </p>
              </li>
            ))}
          </ol>
          {!mayCorrect ? null : (
            <PostForm key={corrections.length} state={null} action={verb('correct')}>
              <TextArea name="text" label="What is wrong in the minutes, and what is right" rows={3} />
              <SubmitButton look="plain">Add the correction</SubmitButton>
            </PostForm>
          )}
        </Section>
      )}
      {!mayWrite ? null : (
        <Section title="Close the minutes">
          <p className="prose-width mb-3 text-muted">
            Closed minutes stand as they are. What turns out to be wrong is corrected beside them.
          </p>
          <Form method="post" action={verb('close')}>
            <SubmitButton disabledReason={closing}>Close the minutes</SubmitButton>
          </Form>
        </Section>
      )}
    </>
  )
}

function Closed({ at, zone }: { at: Date | string; zone: string }) {
  return (
    <>
      Closed <Time at={at} zone={zone} />
    </>
  )
}
