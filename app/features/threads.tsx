import { Link } from '@remix-run/react'
import { Visibility } from '#app/ui/badge.tsx'
import { Section } from '#app/ui/layout.tsx'
import { Prose } from '#app/ui/prose.tsx'
import { Time } from '#app/ui/time.tsx'

type Comments = readonly {
  readonly id: string
  readonly body: string
  readonly authorName: string
  readonly at: Date
}[]

function Thread({ comments, zone, isTeam }: { comments: Comments; zone: string; isTeam: boolean }) {
  return (
    <div
      className={`rounded-md border px-3 py-2 ${isTeam ? 'border-dashed border-line-strong' : 'border-line bg-surface'}`}
    >
      <Visibility sharedWith={isTeam ? 'team' : 'client'} />
      {comments.length === 0 ? <p className="mt-2 text-muted">No comment yet.</p> : null}
      <ol className="mt-2 grid gap-2">
        {comments.map((comment) => (
          <li key={comment.id}>
            <p className="text-sm text-muted">
              {comment.authorName}, <Time at={comment.at} zone={zone} />
            </p>
            <Prose text={comment.body} />
          </li>
        ))}
      </ol>
    </div>
  )
}

/** The two threads of one thing, told apart by words and by their edge. */
export function Threads({
  threads: { shared, team },
  writeTo,
  zone,
}: {
  threads: {
    readonly shared: Comments
    /** Null for a client: the thread does not exist for them. */
    readonly team: Comments | null
  }
  writeTo: string
  zone: string
}) {
  return (
    <Section title="Comments" aside={<Link to={writeTo}>Write a comment</Link>}>
      <div className={`grid gap-3 ${team === null ? '' : 'lg:grid-cols-2'}`}>
        <Thread comments={shared} zone={zone} isTeam={false} />
        {team === null ? null : <Thread comments={team} zone={zone} isTeam />}
      </div>
    </Section>
  )
}
