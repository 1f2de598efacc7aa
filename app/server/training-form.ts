import { AppError, found } from '#app/domain/errors.ts'
import type { DatasetVersionId, EnvironmentVersionId } from '#app/domain/ids.ts'
import { isId, toId } from '#app/domain/ids.ts'
import { findRecipe, parseRecipeParameters } from '#app/domain/recipe.ts'

/**
 * The training job that a form of a recipe describes.
 * @throws AppError `not_found` for an unknown recipe, `invalid` beside the parameters and datasets that cannot be used
 */
export function trainingOf(form: Readonly<Record<string, unknown>>, runName: string) {
  const typed = Object.fromEntries(
    Object.entries(form).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
  const recipe = found(findRecipe(typed['recipe'] ?? ''), 'This recipe')
  const parameters = parseRecipeParameters(recipe, typed)
  if (!parameters.ok) throw new AppError('invalid', 'Some parameters cannot be used.', { fields: parameters.errors })
  const datasets = recipe.datasets.map(({ role }) => {
    const chosen = typed[role] ?? ''
    if (!isId(chosen)) throw new AppError('invalid', 'Choose a dataset.', { fields: { [role]: 'Choose a dataset.' } })
    return { role, datasetVersionId: toId<DatasetVersionId>(chosen) }
  })
  const chosen = typed['environment'] ?? ''
  const environmentVersionId = chosen === '' ? null : toId<EnvironmentVersionId>(chosen)
  return { recipe, runName, parameters: parameters.values, datasets, environmentVersionId }
}
