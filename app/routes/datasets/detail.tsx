import type { MetaFunction } from '@remix-run/node'
import { Link, useLoaderData } from '@remix-run/react'
import { datasetMoveRefusal, DATASET_STATE_WORDS, importRefusal, LEGAL_BASIS_WORDS } from '#app/domain/dataset.ts'
import { isTeam } from '#app/domain/engagement.ts'
import type { DatasetVersionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { DatasetBadge } from '#app/features/dataset-badge.tsx'
import { DependantsList } from '#app/features/datasets/dependants-list.tsx'
import { Threads } from '#app/features/threads.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { LinkButton } from '#app/ui/button.tsx'
import { Code, Definitions, ExportLinks, PageHeader, Section } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'
import { listThreads } from '#db/queries/comments.ts'
import { getDatasetVersion, listDatasetDependants } from '#db/queries/datasets.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Dataset · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, params, actor }) => {
  const version = await getDatasetVersion(tx, engagementId, toId<DatasetVersionId>(params['datasetVersionId']))
  return {
    engagementId,
    zone: actor.timeZone,
    version,
    threads: await listThreads(tx, engagementId, version.id, isTeam(standing)),
    dependants: await listDatasetDependants(tx, engagementId, version.id),
    mayDescribe: importRefusal(standing) === null,
    mayMove: (['restricted', 'available', 'withdrawn', 'erased'] as const).some(
      (to) => datasetMoveRefusal(standing, version.state, to) === null,
    ),
  }
})

export default function Dataset() {
  const { engagementId, zone, version, threads, dependants, mayDescribe, mayMove } = useLoaderData<typeof loader>()
  const { profile } = version
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Data', to: paths.datasets(engagementId) }]}
        title={`${version.name} v${String(version.version)}`}
        badge={<DatasetBadge state={version.state} />}
        {...(version.stateReason === ''
          ? {}
          : { verdict: `${DATASET_STATE_WORDS[version.state]}: ${version.stateReason}` })}
        action={
          <>
            <LinkButton to={paths.lineage(engagementId, `dataset:${version.id}`)}>Lineage</LinkButton>
            {mayDescribe ? (
              <LinkButton to={paths.datasetTerms(engagementId, version.id)}>Terms of use</LinkButton>
            ) : null}
            {mayMove ? (
              <LinkButton to={paths.datasetState(engagementId, version.id)}>Restrict or withdraw</LinkButton>
            ) : null}
          </>
        }
      />
      <Section
        title="What it is"
        aside={
          <ExportLinks
            csv={paths.dataset(engagementId, version.id, '.csv')}
            json={paths.dataset(engagementId, version.id, '.json')}
          />
        }
      >
        <Definitions
          rows={[
            { term: 'Description', value: version.description || '–' },
            { term: 'Digest', value: <Code>{version.digest}</Code> },
            {
              term: 'SHA-256 of its bytes',
              value: version.sha256 === null ? 'No bytes are kept here' : <Code>{version.sha256}</Code>,
            },
            { term: 'Rows', value: profile.rows?.toLocaleString('en-GB') ?? 'Not known' },
            { term: 'Positive rows', value: profile.positives?.toLocaleString('en-GB') ?? 'Not counted' },
            { term: 'Columns', value: profile.columns.join(', ') || 'Not known' },
            { term: 'Source', value: version.sourceNote || '–' },
            { term: 'Licence', value: version.licence || '–' },
            { term: 'Known since', value: <Time at={version.createdAt} zone={zone} /> },
          ]}
        />
      </Section>
      <Section title="On which terms">
        <Definitions
          rows={[
            {
              term: 'Legal basis',
              value: version.legalBasis === null ? 'Nobody said yet' : LEGAL_BASIS_WORDS[version.legalBasis],
            },
            { term: 'Purposes', value: version.purposes.join('\n') || 'Nobody said yet' },
            { term: 'Stays in', value: version.residency || 'Nobody said' },
            { term: 'Kept until', value: version.retainUntil ?? 'Nobody said' },
          ]}
        />
      </Section>
      <Section
        title="What rests on it"
        aside={<Link to={paths.lineage(engagementId, `dataset:${version.id}`)}>All of it</Link>}
      >
        <DependantsList engagementId={engagementId} dependants={dependants} />
      </Section>
      <Threads threads={threads} writeTo={paths.comment(engagementId, 'dataset_version', version.id)} zone={zone} />
    </>
  )
}
