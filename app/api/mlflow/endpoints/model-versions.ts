import { z } from 'zod'
import { transact } from '#app/commands/context.ts'
import { trackedEngagement } from '#app/commands/experiments.ts'
import { addModelVersion } from '#app/commands/models.ts'
import {
  deleteVersion,
  deleteVersionTag,
  describeVersion,
  getModelByName,
  getVersionByNumber,
  setVersionTag,
  stageVersion,
} from '#app/commands/registry.ts'
import type { EngagementId } from '#app/domain/ids.ts'
import { toRunId } from '#app/domain/ids.ts'
import { parseSource, parseStage } from '#app/domain/registry.ts'
import { readFilter, readOrder, VERSION_GRAMMAR } from '#app/domain/search-grammar.ts'
import { ensureKey } from '#app/domain/tracking-key.ts'
import { getLoggedModel } from '#db/queries/logged-models.ts'
import { getModelVersion, listVersionsById } from '#db/queries/models.ts'
import { saveVersionTags, searchVersionIds, versionPositionLength } from '#db/queries/registry.ts'
import { getRun } from '#db/queries/runs.ts'
import type { Tx } from '#db/types.ts'
import { endpoint } from '../endpoint.ts'
import { limitOf, pageTokenOf, positionIn } from '../page-token.ts'
import { artifactUri, modelUri, RegistryTag, text, unlessEmpty } from '../wire.ts'
import { wireModelVersion } from '../wire-registry.ts'
import { described, name, Search, versionNumber } from './models.ts'

const VERSIONS_MAX = 10_000
const SOURCE_LENGTH_MAX = 500
const RUN_ID_LENGTH_MAX = 100

const Create = z.object({
  name,
  source: text.refine(
    (value) => value.length <= SOURCE_LENGTH_MAX,
    `it has at most ${String(SOURCE_LENGTH_MAX)} characters`,
  ),
  run_id: text.nullish(),
  model_id: text.nullish(),
  description: described,
  tags: z.array(RegistryTag).max(100).nullish(),
})

export const create = endpoint(Create, async (ctx, input) => {
  const engagementId = trackedEngagement(ctx.actor)
  const tags = input.tags ?? []
  for (const tag of tags) ensureKey(tag.key, 'tag')
  const source = parseSource(input.source)
  // No run of ours made what lies elsewhere, whatever the client calls its run.
  const said = (input.run_id ?? '').slice(0, RUN_ID_LENGTH_MAX)
  const isElsewhere = source.kind === 'elsewhere'
  const version = await transact(ctx, async (tx) => {
    await getModelByName(tx, engagementId, input.name)
    const made = await addModelVersion(tx, ctx.actor, {
      engagementId,
      name: input.name,
      source: input.source,
      runId: isElsewhere || said === '' ? null : toRunId(said),
      saidRunId: isElsewhere ? said : '',
      description: input.description,
      now: ctx.now,
    })
    const distinct = [...new Map(tags.map((tag) => [tag.key, tag])).values()]
    await saveVersionTags(tx, { engagementId, modelVersionId: made.id }, distinct)
    return getModelVersion(tx, engagementId, made.id)
  })
  return { model_version: wireModelVersion(version) }
})

const OfVersion = z.object({ name: text, version: z.union([text, z.number()]).transform(versionNumber) })

export const get = endpoint(OfVersion, async (ctx, input) => ({
  model_version: wireModelVersion(
    await transact(ctx, (tx) => getVersionByNumber(tx, trackedEngagement(ctx.actor), input)),
  ),
}))

export const update = endpoint(OfVersion.extend({ description: described }), async (ctx, input) => ({
  model_version: wireModelVersion(await describeVersion(ctx, input, input.description)),
}))

export const remove = endpoint(OfVersion, async (ctx, input) => {
  await deleteVersion(ctx, input)
  return {}
})

const Transition = OfVersion.extend({
  stage: text.transform(parseStage),
  archive_existing_versions: z.boolean().nullish(),
})

export const transition = endpoint(Transition, async (ctx, input) => ({
  model_version: wireModelVersion(
    await stageVersion(ctx, input, {
      stage: input.stage,
      archiveExisting: input.archive_existing_versions ?? false,
    }),
  ),
}))

export const setTag = endpoint(RegistryTag.extend(OfVersion.shape), async (ctx, input) => {
  ensureKey(input.key, 'tag')
  await setVersionTag(ctx, input, { key: input.key, value: input.value })
  return {}
})

export const deleteTag = endpoint(OfVersion.extend({ key: text }), async (ctx, input) => {
  await deleteVersionTag(ctx, input, input.key)
  return {}
})

/** Where the files lie, for download through the artifact proxy. */
export const getDownloadUri = endpoint(OfVersion, async (ctx, input) => ({
  artifact_uri: await transact(ctx, (tx) => downloadUri(tx, trackedEngagement(ctx.actor), input)),
}))

/** Copies of copies that are followed to where their files lie. */
const COPIES_MAX = 20

async function downloadUri(
  tx: Tx,
  engagementId: EngagementId,
  of: { readonly name: string; readonly version: number },
  copies = 0,
): Promise<string> {
  const version = await getVersionByNumber(tx, engagementId, of)
  const source = parseSource(version.source)
  const below = (root: string, folder: string) => (folder === '' ? root : `${root}/${folder}`)
  if (version.loggedModelId !== null)
    return below(
      modelUri(await getLoggedModel(tx, engagementId, version.loggedModelId)),
      source.kind === 'model' ? source.folder : '',
    )
  switch (source.kind) {
    case 'run':
      return below(artifactUri(await getRun(tx, engagementId, source.runId)), source.folder)
    case 'model':
      return below(modelUri(await getLoggedModel(tx, engagementId, source.modelId)), source.folder)
    case 'version':
      return copies < COPIES_MAX ? downloadUri(tx, engagementId, source, copies + 1) : version.source
    case 'elsewhere':
      return version.source
    default:
      return source satisfies never
  }
}

export const search = endpoint(Search, async (ctx, input) => {
  const limit = limitOf(input.max_results, VERSIONS_MAX, 200_000)
  const filter = readFilter(VERSION_GRAMMAR, input.filter ?? '')
  const order = readOrder(VERSION_GRAMMAR, input.order_by ?? [])
  const question = ['model-versions', input.filter ?? '', input.order_by ?? []]
  const after = positionIn(question, input.page_token, versionPositionLength(order))
  const engagementId = trackedEngagement(ctx.actor)
  return transact(ctx, async (tx) => {
    const found = await searchVersionIds(tx, engagementId, {
      filter,
      order,
      limit: Math.min(limit, VERSIONS_MAX) + 1,
      ...(after === undefined ? {} : { after }),
    })
    const page = found.slice(0, Math.min(limit, VERSIONS_MAX))
    const versions = await listVersionsById(
      tx,
      engagementId,
      page.map(({ id }) => id),
    )
    const last = page.at(-1)
    return {
      ...unlessEmpty('model_versions', versions.map(wireModelVersion)),
      ...(found.length > page.length && last ? { next_page_token: pageTokenOf(question, last.position) } : {}),
    }
  })
})
