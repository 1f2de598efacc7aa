import type { MetaFunction } from '@remix-run/node'
import { useLoaderData } from '@remix-run/react'
import { problemChanges } from '#app/domain/problem.ts'
import { ComparePicker } from '#app/features/criteria/compare-picker.tsx'
import { ProblemView } from '#app/features/criteria/problem-view.tsx'
import { VersionList } from '#app/features/criteria/version-list.tsx'
import { VersionBadge } from '#app/features/version-badge.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { noted, pickedVersions } from '#app/server/picked-versions.ts'
import { LinkButton } from '#app/ui/button.tsx'
import { Card, Code, PageHeader, Section } from '#app/ui/layout.tsx'
import { Redline } from '#app/ui/redline.tsx'
import { listProblems } from '#db/queries/problems.ts'
import { findStandingSignOff } from '#db/queries/sign-offs.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Problem statement · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, url, actor }) => {
  const versions = await listProblems(tx, engagementId)
  const { shown, before } = pickedVersions(versions, url)
  return {
    engagementId,
    zone: actor.timeZone,
    shown: { version: shown.version, state: shown.state, content: shown.content, contentHash: shown.contentHash },
    against: before?.version ?? null,
    changes: before ? problemChanges(before.content, shown.content).map(noted) : [],
    signOffId: (await findStandingSignOff(tx, engagementId, shown.id))?.id ?? null,
    versions: versions.map(({ version, state, createdAt, agreedAt, endedAt }) => ({
      version,
      state,
      createdAt,
      agreedAt,
      endedAt,
    })),
  }
})

export default function ProblemVersions() {
  const { engagementId, zone, shown, against, changes, signOffId, versions } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Definition', to: paths.definition(engagementId) }]}
        title="Problem statement"
        badge={
          <>
            <span className="text-muted">version {shown.version}</span>
            <VersionBadge state={shown.state} />
          </>
        }
        action={
          signOffId === null ? undefined : (
            <LinkButton to={paths.signOff(engagementId, signOffId)}>
              {shown.state === 'in_review' ? 'Read what is to be signed' : 'See what was signed'}
            </LinkButton>
          )
        }
      />
      <Section title="What it says">
        <Card>
          <ProblemView content={shown.content} />
          {shown.contentHash === null ? null : (
            <p className="mt-4 text-sm text-muted">
              SHA-256 of what was shown: <Code>{shown.contentHash}</Code>
            </p>
          )}
        </Card>
      </Section>
      {versions.length < 2 ? null : (
        <Section title={`Version ${String(against ?? '–')} against version ${String(shown.version)}`}>
          <ComparePicker versions={versions.map(({ version }) => version)} shown={shown.version} against={against} />
          {changes.length === 0 ? (
            <p className="text-muted">{against === null ? 'Choose two different versions.' : 'They say the same.'}</p>
          ) : (
            <Redline changes={changes} />
          )}
        </Section>
      )}
      <Section title="Versions">
        <VersionList versions={versions} shown={shown.version} path={paths.problemVersions(engagementId)} zone={zone} />
      </Section>
    </>
  )
}
