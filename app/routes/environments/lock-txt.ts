import { lockFile } from '#app/domain/environment.ts'
import { AppError } from '#app/domain/errors.ts'
import type { EnvironmentVersionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { textFile } from '#app/server/export.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { getEnvironmentVersion, listPackages } from '#db/queries/environments.ts'

export const handle = { policy: 'team' }

/** The lock of a version that is ready, as pip reads it. */
export const loader = engagementLoader(async ({ tx, engagementId, params }) => {
  const version = await getEnvironmentVersion(
    tx,
    engagementId,
    toId<EnvironmentVersionId>(params['environmentVersionId']),
  )
  if (version.state !== 'ready') throw new AppError('not_found', 'There is no lock: this version is not ready.')
  return textFile(
    `${version.environmentName}-v${String(version.number)}.txt`,
    lockFile(version.interpreter, await listPackages(tx, version.id)),
  )
})
