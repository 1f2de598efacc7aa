/**
 * Do something for each of many, one after the other: where it cannot be done for one, the others, most of them of other
 * engagements, do not have to wait until somebody has seen to it.
 * @throws the first error, when it was tried for all
 */
export async function eachApart<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const errors: unknown[] = []
  for (const item of items) await act(item).catch((error: unknown) => errors.push(error))
  if (errors.length > 0) throw errors[0]
}
