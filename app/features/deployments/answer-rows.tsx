import { PostForm } from '#app/ui/form-page.tsx'
import { SubmitButton } from '#app/ui/button.tsx'
import { formatNumber } from '#app/ui/number.tsx'

interface Row {
  /** From 0, as in the file. */
  readonly index: number
  readonly cells: readonly string[]
  readonly answer: string
  readonly problem: string
  readonly truth: { readonly label: number; readonly labelledBy: string | null } | null
}

/** Numbers as people read them; the file has every digit. */
function shown(answer: string): string {
  const number = Number(answer)
  return answer === '' || Number.isNaN(number) ? answer : formatNumber(number)
}

/** Rows of a file with their answers; beside each, what turned out to be true can be told. */
export function AnswerRows({
  columns,
  rows,
  requestId,
  truthAction,
  from,
}: {
  columns: readonly string[]
  rows: readonly Row[]
  requestId: string
  truthAction: string
  from: number
}) {
  const head = 'border-b border-line-strong px-2 py-1 text-left font-semibold whitespace-nowrap'
  const cell = 'border-b border-line px-2 py-1 align-top'
  return (
    <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Answers">
      <table className="w-full border-collapse text-sm">
        <thead>
          <tr>
            <th className={head}>Row</th>
            <th className={head}>Answer</th>
            <th className={head}>What turned out to be true</th>
            {columns.map((column) => (
              <th key={column} className={`${head} text-muted`}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ index, cells, answer, problem, truth }) => (
            <tr key={index}>
              <th scope="row" className={`${cell} text-left font-normal text-muted`}>
                {index + 1}
              </th>
              <td className={`${cell} font-semibold`}>
                {problem === '' ? shown(answer) : <span className="font-normal text-breach">{problem}</span>}
              </td>
              <td className={`${cell} min-w-56`}>
                {problem !== '' ? null : (
                  <PostForm state={null} action={truthAction}>
                    <input type="hidden" name="requestId" value={requestId} />
                    <input type="hidden" name="row" value={index} />
                    <input type="hidden" name="batchId" value={requestId} />
                    <input type="hidden" name="from" value={from} />
                    <div className="flex items-center gap-2">
                      <input
                        className="control w-20"
                        name="value"
                        inputMode="decimal"
                        aria-label={`What turned out to be true of row ${String(index + 1)}`}
                        defaultValue={truth === null ? '' : String(truth.label)}
                      />
                      <SubmitButton look="plain">{truth === null ? 'Say so' : 'Correct it'}</SubmitButton>
                    </div>
                    {truth?.labelledBy ? <p className="mt-1 text-muted">Told by {truth.labelledBy}</p> : null}
                  </PostForm>
                )}
              </td>
              {cells.map((text, at) => (
                <td key={columns[at]} className={`${cell} whitespace-nowrap text-muted`}>
                  {text}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
