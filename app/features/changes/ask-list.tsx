import { Link } from '@remix-run/react'
import { ASK_WORDS } from '#app/domain/change.ts'
import { paths } from '#app/paths.ts'
import { Prose } from '#app/ui/prose.tsx'
import { Time } from '#app/ui/time.tsx'

/** What was asked for, with how it stands to the signed scope. */
export function AskList({
  asks,
  engagementId,
  mayAnswer,
  zone,
}: {
  asks: readonly {
    readonly id: string
    readonly text: string
    readonly askedByName: string
    readonly askedAt: Date
    readonly answer: string | null
    readonly standing: keyof typeof ASK_WORDS | null
  }[]
  engagementId: string
  mayAnswer: boolean
  zone: string
}) {
  if (asks.length === 0) return <p className="text-muted">Nothing was asked for.</p>
  return (
    <ul className="grid gap-3">
      {asks.map((ask) => (
        <li key={ask.id} className="rounded-md border border-line bg-surface px-3 py-2">
          <p className="text-sm text-muted">
            {ask.askedByName}, <Time at={ask.askedAt} zone={zone} />
          </p>
          <Prose text={ask.text} />
          {ask.answer === null ? (
            mayAnswer ? (
              <Link to={paths.answerAsk(engagementId, ask.id)}>Answer</Link>
            ) : (
              <p className="text-sm text-muted">Not answered yet.</p>
            )
          ) : (
            <div className="mt-2 border-l-2 border-line pl-3">
              <p className="font-semibold">{ask.standing === null ? '' : ASK_WORDS[ask.standing]}</p>
              <Prose text={ask.answer} />
            </div>
          )}
        </li>
      ))}
    </ul>
  )
}
