import type { PersonActor } from '#app/domain/actor.ts'
import { isRetrainingOpen, mayMove, RETRAINING_STATE_WORDS } from '#app/domain/retraining.ts'
import type { RetrainingMove } from '#app/domain/retraining.ts'
import { recordEvent } from '#db/queries/events.ts'
import type { RetrainingChange, RetrainingRow } from '#db/queries/retrainings.ts'
import { insertRetrainingMove, saveRetraining } from '#db/queries/retrainings.ts'
import type { Tx } from '#db/types.ts'

const REASON_LENGTH_MAX = 1500

/**
 * Take one step of a retraining, which must be held, and keep why. The event and the history go with it.
 * @param who null: the portal itself
 * @throws Error for a step that does not exist: that is a bug, not something a person caused
 */
export async function moveRetraining(
  tx: Tx,
  ctx: { readonly who: PersonActor | null; readonly now: Date },
  retraining: RetrainingRow,
  move: RetrainingMove & RetrainingChange,
): Promise<void> {
  const { to, reason: words, ...change } = move
  if (!mayMove(retraining.state, to)) throw new Error(`A retraining that is ${retraining.state} cannot become ${to}.`)
  const reason = words.slice(0, REASON_LENGTH_MAX)
  const { who, now } = ctx
  await saveRetraining(tx, retraining.id, {
    ...change,
    state: to,
    reason,
    endedAt: isRetrainingOpen(to) ? null : now,
  })
  await insertRetrainingMove(tx, {
    engagementId: retraining.engagementId,
    retrainingId: retraining.id,
    state: to,
    reason,
    actorName: who?.name ?? 'Throughline',
    personId: who?.personId ?? null,
    at: now,
  })
  const isDecision = retraining.state === 'awaiting_approval' && (to === 'deploying' || to === 'rejected')
  await recordEvent(tx, who, {
    kind: isDecision ? 'retraining.decided' : 'retraining.moved',
    engagementId: retraining.engagementId,
    subjectId: retraining.id,
    summary: `Retraining of ${retraining.slug}: ${RETRAINING_STATE_WORDS[to].toLowerCase()}. ${reason}`.slice(0, 2000),
    at: now,
  })
}
