import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { CriterionForm } from '#app/domain/criterion.ts'
import { CRITERION_PARTS, CriterionFields } from '#app/features/criteria/criterion-fields.tsx'
import { FormProblems } from '#app/ui/field.tsx'
import { FormWithOutline } from '#app/ui/form-parts.tsx'

const PAGE = (errors: Record<string, string>) =>
  renderToStaticMarkup(
    createElement(
      FormProblems,
      { state: { errors, message: null, values: {} }, children: null },
      createElement(
        FormWithOutline,
        { parts: CRITERION_PARTS, children: null },
        createElement(CriterionFields, { datasets: [] }),
      ),
    ),
  )

test('every field of the form of a criterion stands in one part of it, under that part’s heading', () => {
  const listed = CRITERION_PARTS.flatMap(({ fields }) => fields)
  expect([...listed].sort()).toEqual(Object.keys(CriterionForm.shape).sort())
  const html = PAGE({})
  const headings = CRITERION_PARTS.map(({ id }) => html.indexOf(`id="${id}"`))
  CRITERION_PARTS.forEach(({ fields }, index) => {
    for (const name of fields) {
      const at = html.indexOf(`name="${name}"`)
      expect(at, name).toBeGreaterThan(headings[index] ?? Infinity)
      expect(at, name).toBeLessThan(headings[index + 1] ?? Infinity)
    }
  })
})

test('the outline says in which parts something needs another look; the sentence stays beside its field', () => {
  const html = PAGE({ target: 'Higher is better.', baseline: 'The baseline is needed.', weight: 'Above 0.' })
  const outline = html.slice(html.indexOf('<nav'), html.indexOf('</nav>'))
  const said = CRITERION_PARTS.map(({ id }) => {
    const item = outline.slice(outline.indexOf(`href="#${id}"`))
    return /(\d+)(?:<!-- -->)? (?:<!-- -->)?to look at/.exec(item.slice(0, item.indexOf('</li>')))?.[1] ?? null
  })
  expect(said).toEqual([null, null, '2', null, null, '1'])
  expect(outline).not.toContain('Higher is better.')
  expect(html).toMatch(/name="target"[^>]*aria-invalid="true"/)
})
