import { Link } from '@remix-run/react'
import type { ReactNode } from 'react'
import type { Recipe } from '#app/domain/recipe.ts'
import { RECIPES } from '#app/domain/recipe.ts'
import { EmptyState } from '#app/ui/layout.tsx'

/** First which recipe, then its form; nothing to choose while there is no data to train on. */
export function RecipeChoice({
  hasData,
  recipeKey,
  linkTo,
  children,
}: {
  hasData: boolean
  recipeKey: string | null
  linkTo: (recipeKey: string) => string
  children: (recipe: Recipe) => ReactNode
}) {
  if (!hasData)
    return <EmptyState title="No data to train on">A job needs datasets whose bytes are stored here.</EmptyState>
  const recipe = RECIPES.find(({ key }) => key === recipeKey)
  if (recipe !== undefined) return children(recipe)
  return (
    <ul className="grid gap-3 sm:grid-cols-2">
      {RECIPES.map(({ key, title, summary }) => (
        <li key={key} className="rounded-lg border border-line bg-surface p-4">
          <Link to={linkTo(key)} className="font-semibold">
            {title}
          </Link>
          <p className="mt-1 text-muted">{summary}</p>
        </li>
      ))}
    </ul>
  )
}
