import { Section } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'

/** Who held a seat, and who acted for them. */
export function SeatHistory({
  holders,
  delegations,
  zone,
}: {
  holders: readonly {
    readonly id: string
    readonly name: string
    readonly invitedAt: Date
    readonly acceptedAt: Date | null
    readonly endedAt: Date | null
    readonly endReason: string
  }[]
  delegations: readonly {
    readonly id: string
    readonly toName: string
    readonly note: string
    readonly until: Date
    readonly endedAt: Date | null
  }[]
  zone: string
}) {
  return (
    <>
      <Section title="Who held it">
        {holders.length === 0 ? (
          <p className="text-muted">Nobody yet.</p>
        ) : (
          <ol className="grid gap-2">
            {holders.map((holder) => (
              <li key={holder.id}>
                <span className="font-semibold">{holder.name}</span>
                <span className="text-sm text-muted">
                  {' '}
                  invited <Time at={holder.invitedAt} zone={zone} />
                  {holder.acceptedAt === null ? ', not accepted' : ', accepted '}
                  {holder.acceptedAt === null ? null : <Time at={holder.acceptedAt} zone={zone} />}
                  {holder.endedAt === null ? null : (
                    <>
                      , until <Time at={holder.endedAt} zone={zone} />: {holder.endReason}
                    </>
                  )}
                </span>
              </li>
            ))}
          </ol>
        )}
      </Section>
      {delegations.length === 0 ? null : (
        <Section title="Who acts for the holder">
          <ul className="grid gap-2">
            {delegations.map((delegation) => (
              <li key={delegation.id}>
                <span className="font-semibold">{delegation.toName}</span>
                <span className="text-sm text-muted">
                  {' '}
                  until <Time at={delegation.until} zone={zone} />
                  {delegation.endedAt === null ? '' : ', ended'}
                  {delegation.note === '' ? '' : ` · ${delegation.note}`}
                </span>
              </li>
            ))}
          </ul>
        </Section>
      )}
    </>
  )
}
