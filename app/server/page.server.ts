import { data, redirect } from '@remix-run/node'
import type { ActionFunctionArgs, LoaderFunctionArgs } from '@remix-run/node'
import type { z } from 'zod'
import type { PersonActor } from '#app/domain/actor.ts'
import type { Standing } from '#app/domain/engagement.ts'
import type { AppError, ErrorCode } from '#app/domain/errors.ts'
import { isAppError } from '#app/domain/errors.ts'
import type { EngagementId } from '#app/domain/ids.ts'
import { viewingRefusal } from '#app/domain/viewing.ts'
import type { EngagementRow } from '#db/queries/engagements.ts'
import { isDatabaseAway } from '#db/client.server.ts'
import type { FormRequest } from '#db/queries/form-requests.ts'
import type { Database, Tx } from '#db/types.ts'
import type { RequestContext } from './context.server.ts'
import { databaseAway } from './database-away.ts'
import { formRequestOf, once } from './form-request.server.ts'
import type { SmallFile } from './upload.ts'
import { readMultipart, readSmallFiles } from './upload.ts'

const STATUS: Readonly<Record<ErrorCode, number>> = {
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  invalid: 422,
  refused: 409,
  conflict: 409,
  limited: 429,
}

/** What a form comes back with when it was not accepted: what to say beside each field, and what was typed. */
export interface FormProblem {
  readonly errors: Readonly<Record<string, string>>
  /** A sentence above the form; null when every problem belongs to a field. */
  readonly message: string | null
  readonly values: Readonly<Record<string, string>>
}

interface Common {
  readonly portal: RequestContext
  readonly request: Request
  readonly url: URL
  readonly params: Readonly<Record<string, string | undefined>>
  readonly now: Date
}

export interface PageDoor extends Common {
  readonly actor: PersonActor
  /** One transaction for the whole loader, as the viewer. */
  readonly tx: Tx
}

export interface EngagementDoor extends PageDoor {
  readonly engagement: EngagementRow
  readonly engagementId: EngagementId
  readonly standing: Standing
}

/** What a command needs to know of a person's request. */
interface PersonContext {
  readonly database: Database
  readonly actor: PersonActor
  readonly now: Date
  readonly formRequest?: FormRequest
}

/** A command's context, and what the form said. */
export interface ActionDoor<Form> extends Common {
  readonly ctx: PersonContext
  readonly form: Form
}

export interface EngagementActionDoor<Form> extends ActionDoor<Form> {
  readonly engagement: EngagementRow
  readonly engagementId: EngagementId
  readonly standing: Standing
}

/** Loader of a page for a person who signed in. */
export function pageLoader<T>(load: (door: PageDoor) => Promise<T>) {
  return (args: LoaderFunctionArgs): Promise<T> =>
    answering(async () => {
      const actor = await signedIn(args)
      return args.context.portal.reads((tx) => load({ ...common(args), actor, tx }))
    })
}

/** Loader of a page about the engagement of the path. */
export function engagementLoader<T>(load: (door: EngagementDoor) => Promise<T>) {
  return (args: LoaderFunctionArgs): Promise<T> =>
    answering(async () => {
      const actor = await signedIn(args)
      const { portal } = args.context
      const table = await tableOf(args)
      return portal.reads((tx) => load({ ...common(args), actor, tx, ...table, engagementId: table.engagement.id }))
    })
}

/** Action of a form for a person who signed in. */
export function formAction<Schema extends z.ZodType, T>(
  schema: Schema,
  act: (door: ActionDoor<z.infer<Schema>>) => Promise<T>,
) {
  return (args: ActionFunctionArgs) =>
    submitting(args, schema, async (form, values) => {
      const ctx = await commandContext(args, values)
      return once(ctx, () => act({ ...common(args), form, ctx }))
    })
}

/** Action of a form about the engagement of the path. */
export function engagementAction<Schema extends z.ZodType, T>(
  schema: Schema,
  act: (door: EngagementActionDoor<z.infer<Schema>>) => Promise<T>,
) {
  return (args: ActionFunctionArgs) =>
    submitting(args, schema, async (form, values) => {
      const table = await tableOf(args)
      const ctx = await commandContext(args, values)
      return once(ctx, () => act({ ...common(args), form, ctx, ...table, engagementId: table.engagement.id }))
    })
}

/**
 * Action of a form about the engagement of the path that carries a file, which is read as it arrives. The field of the
 * file is called `file` and stands last.
 */
export function engagementUpload<Schema extends z.ZodType, T>(
  schema: Schema,
  act: (
    door: EngagementActionDoor<z.infer<Schema>> & {
      readonly file: AsyncIterable<Uint8Array>
      /** As the sender named it: to be shown, never to be a path. */
      readonly fileName: string
    },
  ) => Promise<T>,
) {
  return async (args: ActionFunctionArgs) => {
    const table = await tableOf(args)
    const ctx = await commandContext(args)
    const values: Record<string, string> = {}
    const take = (file: AsyncIterable<Uint8Array>, fileName: string) =>
      accepting(values, schema, (form) =>
        act({ ...common(args), form, ctx, ...table, engagementId: table.engagement.id, file, fileName }),
      )
    let answer: Awaited<ReturnType<typeof take>> | null = null
    await answering(() =>
      readMultipart(args.request, values, async (file, fileName) => {
        answer ??= await take(file, fileName)
      }),
    )
    return answer ?? refusedForm({ errors: { file: 'Choose a file.' }, message: null, values }, 422)
  }
}

/** As engagementUpload, for some small files, or none, which are read into memory before anything happens. */
export function engagementFiles<Schema extends z.ZodType, T>(
  schema: Schema,
  limits: { readonly filesMax: number; readonly bytesMax: number },
  act: (door: EngagementActionDoor<z.infer<Schema>> & { readonly files: readonly SmallFile[] }) => Promise<T>,
) {
  return async (args: ActionFunctionArgs) => {
    const table = await tableOf(args)
    const ctx = await commandContext(args)
    const values: Record<string, string> = {}
    const read = await answering(() => readSmallFiles(args.request, values, limits))
    if ('refusal' in read) return refusedForm({ errors: { file: read.refusal }, message: null, values }, 422)
    return accepting(values, schema, (form) =>
      act({ ...common(args), form, ctx, ...table, engagementId: table.engagement.id, files: read.files }),
    )
  }
}

/** Action of a form that nobody needs an account for: signing in, links. */
export function publicAction<Schema extends z.ZodType, T>(
  schema: Schema,
  act: (door: Common & { readonly form: z.infer<Schema> }) => Promise<T>,
) {
  return (args: ActionFunctionArgs) => submitting(args, schema, (form) => act({ ...common(args), form }))
}

/** Loader of a page that nobody needs an account for. */
export function publicLoader<T>(load: (door: Common) => Promise<T>) {
  return (args: LoaderFunctionArgs): Promise<T> => answering(() => load(common(args)))
}

/**
 * Loader of a verb's own address: opening it does nothing but lead back to the page with its button. After a form that
 * was refused it stays, so that the page says why: Remix loads in the same request, or in one of its own with scripts.
 */
export function verbLoader(backTo: (params: Readonly<Record<string, string | undefined>>) => string) {
  return ({ params, context }: LoaderFunctionArgs) => (context.portal.isOpening ? redirect(backTo(params)) : null)
}

function common(args: LoaderFunctionArgs): Common {
  const { portal } = args.context
  return { portal, request: args.request, url: new URL(args.request.url), params: args.params, now: portal.now }
}

async function commandContext(
  args: ActionFunctionArgs,
  values: Readonly<Record<string, string>> = {},
): Promise<PersonContext> {
  const { portal } = args.context
  const viewing = await portal.viewing()
  // The guard of the routes has said this; no command ever runs as a person who is only looked through.
  if (viewing !== null) throw new Response(viewingRefusal(viewing).reason, { status: 409 })
  const actor = await signedIn(args)
  const formRequest = formRequestOf(actor.personId, { path: new URL(args.request.url).pathname, values })
  return { database: portal.deps.database, actor, now: portal.now, ...(formRequest === null ? {} : { formRequest }) }
}

async function signedIn(args: LoaderFunctionArgs): Promise<PersonActor> {
  const actor = await args.context.portal.viewer()
  if (!actor) throw new Response('Sign in first.', { status: 401 })
  return actor
}

async function tableOf(args: LoaderFunctionArgs) {
  const table = await args.context.portal.table(args.params['engagementId'])
  if (!table) throw new Response('This page does not exist, or is not yours to see.', { status: 404 })
  return table
}

async function submitting<Schema extends z.ZodType, T>(
  args: ActionFunctionArgs,
  schema: Schema,
  act: (form: z.infer<Schema>, values: Readonly<Record<string, string>>) => Promise<T>,
) {
  const values = await fieldsOf(args.request)
  return accepting(values, schema, (form) => act(form, values))
}

/** Act on what was typed, or give back what is wrong with it beside each field. */
async function accepting<Schema extends z.ZodType, T>(
  values: Record<string, string>,
  schema: Schema,
  act: (form: z.infer<Schema>) => Promise<T>,
) {
  const parsed = schema.safeParse(values)
  const kept = withoutSecrets(values)
  if (!parsed.success) {
    const errors: Record<string, string> = {}
    for (const issue of parsed.error.issues) errors[String(issue.path[0] ?? '')] ??= issue.message
    return refusedForm({ errors, message: errors[''] ?? null, values: kept }, 422)
  }
  try {
    return await act(parsed.data)
  } catch (error) {
    if (!isAppError(error)) throw asResponse(error)
    if (error.code === 'not_found') throw asResponse(error)
    return refusedForm(problem(error, kept), STATUS[error.code])
  }
}

function refusedForm(form: FormProblem, status: number) {
  return data<FormProblem>(form, { status })
}

function problem(error: AppError, values: Readonly<Record<string, string>>): FormProblem {
  const isAboutFields = Object.keys(error.fields).length > 0
  return { errors: error.fields, message: isAboutFields ? null : error.message, values }
}

/** Fields of the form as text. Files are not read here. */
async function fieldsOf(request: Request): Promise<Record<string, string>> {
  const form = await request.formData().catch(() => {
    throw new Response('This form cannot be read.', { status: 400 })
  })
  const values: Record<string, string> = {}
  for (const [name, value] of form) if (typeof value === 'string') values[name] = value
  return values
}

function withoutSecrets(values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !/password|token|secret/i.test(name)))
}

/** @throws Response instead of what a person caused, and of a database that is away */
export async function answering<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw asResponse(error)
  }
}

/** What a person caused becomes a response with its sentence; a database that is away becomes 503; anything else is a bug. */
function asResponse(error: unknown): unknown {
  if (isAppError(error)) return new Response(error.message, { status: STATUS[error.code] })
  return isDatabaseAway(error) ? databaseAway() : error
}
