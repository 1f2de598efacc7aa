import { BUILT_IN } from '#app/domain/environment.ts'
import type { Recipe } from '#app/domain/recipe.ts'
import { SelectField, TextField } from '#app/ui/field.tsx'

/** The name of the run, the data of each role, and the recipe's own parameters. */
export function RecipeFields({
  recipe,
  datasets,
  environments,
}: {
  recipe: Recipe
  datasets: readonly { readonly id: string; readonly label: string }[]
  /** Versions that can be run in. */
  environments: readonly { readonly id: string; readonly label: string }[]
}) {
  const options = datasets.map((dataset) => ({ value: dataset.id, label: dataset.label }))
  const guess = (role: string) =>
    options.find((option) => new RegExp(role === 'train' ? 'train' : 'holdout|test').test(option.label))?.value
  return (
    <>
      <TextField name="runName" label="Name of the run" hint={recipe.title} />
      {recipe.datasets.map((dataset) => (
        <SelectField
          key={dataset.role}
          name={dataset.role}
          label={dataset.label}
          hint={dataset.help}
          empty="Choose a dataset"
          options={options}
          defaultValue={guess(dataset.role)}
        />
      ))}
      {recipe.parameters.map((parameter) =>
        parameter.kind === 'choice' ? (
          <SelectField
            key={parameter.key}
            name={parameter.key}
            label={parameter.label}
            hint={parameter.help}
            options={parameter.options}
            defaultValue={parameter.default}
          />
        ) : (
          <TextField
            key={parameter.key}
            name={parameter.key}
            label={parameter.label}
            hint={parameter.help}
            inputMode="decimal"
            defaultValue={parameter.default}
          />
        ),
      )}
      {environments.length === 0 ? null : (
        <SelectField
          name="environment"
          label="Environment"
          hint="The packages that it runs with. What is chosen here stays so, whatever versions come."
          empty={`${BUILT_IN}: the interpreter and its standard library`}
          options={environments.map(({ id, label }) => ({ value: id, label }))}
        />
      )}
    </>
  )
}
