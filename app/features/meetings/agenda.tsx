import { Form, Link } from '@remix-run/react'
import type { PointSubject } from '#app/domain/meeting.ts'
import type { RegisterKind, RegisterState } from '#app/domain/register.ts'
import { REGISTER_KIND_WORDS, REGISTER_STATE_WORDS } from '#app/domain/register.ts'
import { paths } from '#app/paths.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { Prose } from '#app/ui/prose.tsx'

export interface AgendaPoint {
  readonly id: string
  readonly text: string
  readonly subject: PointSubject
  readonly subjectId: string | null
  readonly minutes: string
}

export interface Outcome {
  readonly id: string
  readonly key: string
  readonly kind: RegisterKind
  readonly title: string
  readonly state: RegisterState
  readonly ownerName: string | null
  readonly due: string | null
  readonly meetingPointId: string | null
}

/** The points of a meeting in order, what was said under each, and what came of it. */
export function Agenda({
  engagementId,
  meetingId,
  points,
  outcomes,
  mayWrite,
}: {
  engagementId: string
  meetingId: string
  points: readonly AgendaPoint[]
  outcomes: readonly Outcome[]
  mayWrite: boolean
}) {
  return (
    <ol className="grid gap-3">
      {points.map((point, index) => {
        const came = outcomes.filter((outcome) => outcome.meetingPointId === point.id)
        const subject = subjectPath(engagementId, point)
        return (
          <li key={point.id} className="rounded-lg border border-line bg-surface p-4">
            <h3 className="font-semibold wrap-anywhere">
              {index + 1}. {subject === null ? point.text : <Link to={subject}>{point.text}</Link>}
            </h3>
            {point.minutes === '' ? null : (
              <div className="mt-2">
                <Prose text={point.minutes} />
              </div>
            )}
            {came.length === 0 ? null : <Outcomes engagementId={engagementId} outcomes={came} />}
            {!mayWrite ? null : (
              <div className="mt-3 flex flex-wrap items-center gap-x-4 gap-y-2 text-sm">
                <Link to={paths.meetingPoint(engagementId, meetingId, point.id)}>
                  {point.minutes === '' ? 'Write minutes' : 'Change the minutes'}
                  <span className="sr-only"> of point {index + 1}</span>
                </Link>
                <Link to={paths.meetingPointVerb(engagementId, meetingId, point.id, 'outcome')}>
                  Add a decision or an action<span className="sr-only"> to point {index + 1}</span>
                </Link>
                {came.length > 0 ? null : (
                  <Form method="post" action={paths.meetingPointVerb(engagementId, meetingId, point.id, 'remove')}>
                    <SubmitButton look="plain">
                      Take it off<span className="sr-only"> the agenda: point {index + 1}</span>
                    </SubmitButton>
                  </Form>
                )}
              </div>
            )}
          </li>
        )
      })}
    </ol>
  )
}

function Outcomes({ engagementId, outcomes }: { engagementId: string; outcomes: readonly Outcome[] }) {
  return (
    <ul className="mt-2 grid gap-1 border-l-2 border-accent pl-3">
      {outcomes.map((outcome) => (
        <li key={outcome.id}>
          <Link to={`${paths.registers(engagementId)}#${outcome.key}`} className="font-semibold">
            {outcome.key}
          </Link>{' '}
          {REGISTER_KIND_WORDS[outcome.kind].one}: {outcome.title}
          <span className="text-sm text-muted">
            {' '}
            · {outcome.ownerName ?? 'nobody'} answers for it
            {outcome.due === null ? '' : ` · due ${outcome.due}`} · {REGISTER_STATE_WORDS[outcome.state].toLowerCase()}
          </span>
        </li>
      ))}
    </ul>
  )
}

/** Where the thing stands that a point is about; null for a point of its own. */
function subjectPath(engagementId: string, point: AgendaPoint): string | null {
  if (point.subjectId === null) return null
  switch (point.subject) {
    case 'own':
      return null
    case 'sign_off':
      return paths.signOff(engagementId, point.subjectId)
    case 'ask':
      return paths.scope(engagementId)
    case 'register_item':
      return paths.registers(engagementId)
    case 'change':
      return paths.change(engagementId, point.subjectId)
    default:
      return point.subject satisfies never
  }
}
