import * as z from 'zod'

/** The keys under which recipes are stored in jobs. Never rename one. */
export const RecipeKey = z.enum(['bird-strike-damage', 'next-day-temperature'])
export type RecipeKey = z.infer<typeof RecipeKey>

/** The tag of a run that names the exact code of its recipe. */
export const RECIPE_DIGEST_TAG = 'throughline.recipe.sha256'

/** `test` rows are only measured on; a recipe never learns from them. */
export type RecipeDatasetRole = 'train' | 'test'

export interface RecipeDataset {
  role: RecipeDatasetRole
  label: string
  help: string
  /** Columns that the recipe reads; others are ignored. */
  columns: readonly string[]
}

export interface RecipeMetric {
  key: string
  label: string
  /** `none`: a fact about the run, such as a count, that no criterion should be set on. */
  direction: 'higher' | 'lower' | 'none'
  /** What it means, for a client. */
  meaning: string
  /** The metric that carries its standard error, in the same unit. */
  standardErrorKey?: string
}

interface ParameterBase {
  key: string
  label: string
  help: string
}

export type RecipeParameter =
  | (ParameterBase & { kind: 'number' | 'integer'; min: number; max: number; default: number })
  | (ParameterBase & { kind: 'choice'; options: readonly { value: string; label: string }[]; default: string })

export interface Recipe {
  key: RecipeKey
  title: string
  /** One sentence. */
  summary: string
  datasets: readonly RecipeDataset[]
  metrics: readonly RecipeMetric[]
  parameters: readonly RecipeParameter[]
}

export type RecipeParameterValues = Record<string, string | number>

const BIRD_COLUMNS = [
  'month',
  'speed_knots',
  'phase_of_flight',
  'time_of_day',
  'operator',
  'aircraft',
  'origin_state',
  'wildlife_size',
  'wildlife_species',
  'damaged',
]

const WEATHER_COLUMNS = ['day_of_year', 'weather', 'precipitation', 'wind', 'temp_min', 'temp_max', 'temp_max_next_day']

const TRAINING_FACTS: readonly RecipeMetric[] = [
  {
    key: 'loss',
    label: 'Loss',
    direction: 'none',
    meaning: 'What training makes smaller, on the training rows, step by step.',
  },
  { key: 'n', label: 'Test rows', direction: 'none', meaning: 'How many test rows the figures are measured on.' },
  {
    key: 'training_seconds',
    label: 'Training time',
    direction: 'none',
    meaning: 'Seconds spent on learning, without starting and measuring.',
  },
]

const birdStrikeDamage: Recipe = {
  key: 'bird-strike-damage',
  title: 'Bird-strike damage',
  summary: 'Estimates how likely a reported bird strike damaged the aircraft, so that inspections start with those.',
  datasets: [
    {
      role: 'train',
      label: 'Training strikes',
      help: 'Strikes whose outcome is known; the model learns from these.',
      columns: BIRD_COLUMNS,
    },
    {
      role: 'test',
      label: 'Test strikes',
      help: 'Later strikes that the model has not seen; every figure is measured on these.',
      columns: BIRD_COLUMNS,
    },
  ],
  metrics: [
    {
      key: 'roc_auc',
      label: 'ROC AUC',
      direction: 'higher',
      meaning: 'How often a damaging strike is ranked above a harmless one: 0.5 is chance, 1 is always.',
    },
    {
      key: 'recall',
      label: 'Recall',
      direction: 'higher',
      meaning: 'Share of the damaging strikes that are called.',
      standardErrorKey: 'recall_se',
    },
    {
      key: 'precision',
      label: 'Precision',
      direction: 'higher',
      meaning: 'Share of the called strikes that were damaging.',
      standardErrorKey: 'precision_se',
    },
    {
      key: 'accuracy',
      label: 'Accuracy',
      direction: 'higher',
      meaning: 'Share of all strikes called rightly. About nine in ten are harmless, so calling none looks good here.',
      standardErrorKey: 'accuracy_se',
    },
    {
      key: 'log_loss',
      label: 'Log loss',
      direction: 'lower',
      meaning: 'How surprised the probabilities were by what happened; punishes being sure and wrong.',
      standardErrorKey: 'log_loss_se',
    },
    {
      key: 'brier',
      label: 'Brier score',
      direction: 'lower',
      meaning: 'Mean squared distance between probability and outcome: 0 is perfect.',
      standardErrorKey: 'brier_se',
    },
    {
      key: 'n_positive',
      label: 'Damaging test rows',
      direction: 'none',
      meaning: 'How many of the test strikes were damaging.',
    },
    ...TRAINING_FACTS,
  ],
  parameters: [
    {
      key: 'algorithm',
      label: 'Algorithm',
      kind: 'choice',
      options: [
        { value: 'gradient_boosting', label: 'Gradient boosting' },
        { value: 'logistic', label: 'Logistic regression' },
      ],
      default: 'gradient_boosting',
      help: 'Boosting finds combinations by itself; logistic regression is quicker and easier to explain.',
    },
    {
      key: 'features',
      label: 'Features',
      kind: 'choice',
      options: [
        { value: 'all', label: 'Flight and animal' },
        { value: 'flight-only', label: 'Flight only' },
      ],
      default: 'all',
      help: 'Flight only is for reports that do not say what was struck; expect a weaker model.',
    },
    {
      key: 'iterations',
      label: 'Iterations',
      kind: 'integer',
      min: 20,
      max: 400,
      default: 80,
      help: 'Trees to add, or passes over the rows.',
    },
    {
      key: 'learning_rate',
      label: 'Learning rate',
      kind: 'number',
      min: 0.001,
      max: 0.5,
      default: 0.1,
      help: 'How far each iteration moves. Logistic regression wants about 0.02.',
    },
    {
      key: 'l2',
      label: 'L2 penalty',
      kind: 'number',
      min: 0,
      max: 100,
      default: 5,
      help: 'Keeps weights small, so that rare cases do not rule. 0 turns it off.',
    },
    {
      key: 'seed',
      label: 'Seed',
      kind: 'integer',
      min: 0,
      max: 1_000_000,
      default: 1,
      help: 'The same seed on the same rows gives the same model.',
    },
  ],
}

const nextDayTemperature: Recipe = {
  key: 'next-day-temperature',
  title: "Tomorrow's temperature",
  summary: "Forecasts tomorrow's maximum temperature from today's weather and the days before.",
  datasets: [
    {
      role: 'train',
      label: 'Training days',
      help: 'Days whose tomorrow is known; the model learns from these.',
      columns: WEATHER_COLUMNS,
    },
    {
      role: 'test',
      label: 'Test days',
      help: 'Later days that the model has not seen; every figure is measured on these.',
      columns: WEATHER_COLUMNS,
    },
  ],
  metrics: [
    {
      key: 'rmse',
      label: 'RMSE',
      direction: 'lower',
      meaning: 'Typical error in °C, in which a large miss counts more than several small ones.',
      standardErrorKey: 'rmse_se',
    },
    {
      key: 'mae',
      label: 'Mean absolute error',
      direction: 'lower',
      meaning: 'Average distance between forecast and truth in °C.',
      standardErrorKey: 'mae_se',
    },
    {
      key: 'r2',
      label: 'R²',
      direction: 'higher',
      meaning: 'Share of the ups and downs that is forecast: 1 is all, 0 is no better than the average.',
      standardErrorKey: 'r2_se',
    },
    ...TRAINING_FACTS,
  ],
  parameters: [
    {
      key: 'solver',
      label: 'Solver',
      kind: 'choice',
      options: [
        { value: 'closed_form', label: 'Closed form' },
        { value: 'gradient_descent', label: 'Gradient descent' },
      ],
      default: 'closed_form',
      help: 'Closed form is exact; gradient descent comes close in steps and shows how.',
    },
    {
      key: 'days',
      label: 'Days looked at',
      kind: 'choice',
      options: [
        { value: '1', label: 'Today' },
        { value: '3', label: 'Three days' },
        { value: '7', label: 'A week' },
      ],
      default: '3',
      help: 'How many days of maximum temperatures the forecast uses, today included.',
    },
    {
      key: 'iterations',
      label: 'Iterations',
      kind: 'integer',
      min: 20,
      max: 5000,
      default: 300,
      help: 'Steps of gradient descent; the closed form does not use it.',
    },
    {
      key: 'learning_rate',
      label: 'Learning rate',
      kind: 'number',
      min: 0.0001,
      max: 1,
      default: 0.1,
      help: 'How far each step moves; the closed form does not use it.',
    },
    {
      key: 'l2',
      label: 'L2 penalty',
      kind: 'number',
      min: 0,
      max: 1000,
      default: 1,
      help: 'Keeps weights small. 0 turns it off.',
    },
  ],
}

/** Every recipe, in the order in which the form offers them. */
export const RECIPES: readonly Recipe[] = [birdStrikeDamage, nextDayTemperature]

/** @returns the recipe, or null when no recipe has this key */
export function findRecipe(key: string): Recipe | null {
  return RECIPES.find((recipe) => recipe.key === key) ?? null
}

/**
 * Read a form's fields as the parameters of a recipe. An absent or blank field takes its default; fields that are not
 * parameters are ignored.
 * @returns all values, or one sentence for each field that is wrong
 */
export function parseRecipeParameters(
  recipe: Recipe,
  raw: Record<string, string>,
): { ok: true; values: RecipeParameterValues } | { ok: false; errors: Record<string, string> } {
  const values: RecipeParameterValues = {}
  const errors: Record<string, string> = {}
  for (const parameter of recipe.parameters) {
    const written = Object.hasOwn(raw, parameter.key) ? (raw[parameter.key] ?? '').trim() : ''
    const parsed = written === '' ? { value: parameter.default } : parseParameter(parameter, written)
    if ('error' in parsed) errors[parameter.key] = parsed.error
    else values[parameter.key] = parsed.value
  }
  return Object.keys(errors).length > 0 ? { ok: false, errors } : { ok: true, values }
}

function parseParameter(parameter: RecipeParameter, written: string): { value: string | number } | { error: string } {
  switch (parameter.kind) {
    case 'choice': {
      const isOption = parameter.options.some((option) => option.value === written)
      return isOption ? { value: written } : { error: `${parameter.label} has no option “${written}”.` }
    }
    case 'number':
    case 'integer': {
      const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(written) ? Number(written) : NaN
      if (!Number.isFinite(value)) return { error: `${parameter.label} must be a number.` }
      if (parameter.kind === 'integer' && !Number.isInteger(value))
        return { error: `${parameter.label} must be a whole number.` }
      if (value < parameter.min || value > parameter.max)
        return { error: `${parameter.label} must be between ${parameter.min} and ${parameter.max}.` }
      return { value }
    }
    default:
      return parameter satisfies never
  }
}
