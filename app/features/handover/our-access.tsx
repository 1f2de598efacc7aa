import { Time } from '#app/ui/time.tsx'

/** Which of the consultancy's people and tokens can still write here, each with its dates. */
export function OurAccess({
  seats,
  tokens,
  zone,
}: {
  seats: readonly {
    readonly id: string
    readonly name: string
    readonly function: string
    readonly since: Date | null
  }[]
  tokens: readonly {
    readonly holder: string
    readonly scopes: readonly string[]
    readonly createdAt: Date
    readonly expiresAt: Date
  }[]
  zone: string
}) {
  return (
    <ul className="prose-width grid list-disc gap-1.5 pl-5">
      {seats.map((seat) => (
        <li key={seat.id}>
          {seat.name}: the seat “{seat.function}”
          {seat.since === null ? null : (
            <>
              {' '}
              since <Time at={seat.since} zone={zone} />
            </>
          )}
          , with the rights to write that it has
        </li>
      ))}
      {tokens.map((token) => (
        <li key={`${token.holder} ${token.createdAt.toISOString()}`}>
          {token.holder}: a token for {token.scopes.join(' and ')}, until <Time at={token.expiresAt} zone={zone} />
        </li>
      ))}
      <li>Executives and owners of the consultancy: they see each of its engagements and can end it.</li>
    </ul>
  )
}
