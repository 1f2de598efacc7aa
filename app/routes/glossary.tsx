import type { MetaFunction } from '@remix-run/node'
import { GLOSSARY_GROUP_WORDS, GLOSSARY_GROUPS, listGlossary } from '#app/domain/glossary.ts'
import { PageHeader, Section } from '#app/ui/layout.tsx'

export const handle = { policy: 'signed-in', isViewable: true }
export const meta: MetaFunction = () => [{ title: 'Words · Throughline' }]

export default function Glossary() {
  const entries = listGlossary()
  return (
    <>
      <PageHeader
        title="What do these words mean?"
        verdict="The words of the field as this portal uses them. They explain; what is signed is the text that a page shows."
      />
      <nav aria-label="Groups of words" className="mb-6">
        <ul className="flex flex-wrap gap-x-4 gap-y-1">
          {GLOSSARY_GROUPS.map((group) => (
            <li key={group}>
              <a href={`#${group}`}>{GLOSSARY_GROUP_WORDS[group]}</a>
            </li>
          ))}
        </ul>
      </nav>
      {GLOSSARY_GROUPS.map((group) => (
        <div key={group} id={group} className="scroll-mt-20">
          <Section title={GLOSSARY_GROUP_WORDS[group]}>
            <dl className="grid gap-4">
              {entries
                .filter((entry) => entry.group === group)
                .map((entry) => (
                  <div
                    key={entry.key}
                    id={entry.key}
                    className="prose-width scroll-mt-20 rounded-md target:bg-accent-soft"
                  >
                    <dt className="font-semibold">{entry.term}</dt>
                    <dd>
                      {entry.means}
                      {entry.doesNotMean === null ? null : (
                        <span className="block text-muted">{entry.doesNotMean}</span>
                      )}
                    </dd>
                  </div>
                ))}
            </dl>
          </Section>
        </div>
      ))}
    </>
  )
}
