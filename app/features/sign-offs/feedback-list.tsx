import { Link } from '@remix-run/react'
import type { FeedbackGrade } from '#app/domain/outcome.ts'
import { FEEDBACK_WORDS } from '#app/domain/outcome.ts'
import { paths } from '#app/paths.ts'
import type { Tone } from '#app/ui/badge.tsx'
import { Badge } from '#app/ui/badge.tsx'
import { Time } from '#app/ui/time.tsx'

const TONES: Readonly<Record<FeedbackGrade, Tone>> = { ok: 'met', minor: 'risk', major: 'breach' }

/** What was said before the decision, with the answers. */
export function FeedbackList({
  feedback,
  engagementId,
  signOffId,
  mayAnswer,
  zone,
}: {
  feedback: readonly {
    readonly id: string
    readonly personName: string
    readonly grade: FeedbackGrade
    readonly note: string
    readonly at: Date
    readonly answer: string | null
  }[]
  engagementId: string
  signOffId: string
  mayAnswer: boolean
  zone: string
}) {
  if (feedback.length === 0) return <p className="text-muted">Nobody has said anything yet.</p>
  return (
    <ul className="grid gap-2">
      {feedback.map((one) => (
        <li key={one.id} className="rounded-md border border-line bg-surface px-3 py-2">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <Badge tone={TONES[one.grade]}>
              {one.personName}: {FEEDBACK_WORDS[one.grade].split(':')[0]?.toLowerCase()}
            </Badge>
            <span className="text-sm text-muted">
              <Time at={one.at} zone={zone} />
            </span>
          </div>
          {one.note === '' ? null : <p className="prose-width mt-1 whitespace-pre-line">{one.note}</p>}
          {one.answer === null ? (
            one.grade === 'ok' || !mayAnswer ? null : (
              <Link to={paths.feedbackAnswer(engagementId, signOffId, one.id)} className="text-sm">
                Answer it
              </Link>
            )
          ) : (
            <p className="prose-width mt-1 border-l-2 border-line pl-3 whitespace-pre-line text-muted">{one.answer}</p>
          )}
        </li>
      ))}
    </ul>
  )
}
