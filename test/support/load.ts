import type { Stage } from './deployments.ts'
import { STRIKE } from './deployments.ts'

export interface Answer {
  readonly status: number
  readonly revision: string | null
  readonly body: string
}

/** Ask a live endpoint about one strike. */
export async function predict(stage: Stage, slug: string, token: string): Promise<Answer> {
  const response = await fetch(`${stage.portal.origin}/endpoints/${slug}/invocations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ dataframe_records: [STRIKE] }),
  })
  return {
    status: response.status,
    revision: response.headers.get('throughline-revision'),
    body: await response.text(),
  }
}

/** Ask without a pause over some connections until told to stop. */
export function load(stage: Stage, slug: string, token: string, connections = 4) {
  const answers: Answer[] = []
  let isOver = false
  const asking = Array.from({ length: connections }, async () => {
    while (!isOver) answers.push(await predict(stage, slug, token))
  })
  return {
    answers,
    async stop() {
      isOver = true
      await Promise.all(asking)
      return answers
    },
  }
}

export const isFailed = ({ status }: Answer) => status !== 200
