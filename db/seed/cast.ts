import type { OrganisationRole } from '#app/domain/actor.ts'

/** Everybody of the demonstration is made up; addresses end in a name that is reserved for examples (RFC 2606). */
export const FIRM = 'Larkspur Analytics (demo)'
export const CLIENTS = {
  airline: 'Meridian Air Maintenance (demo)',
  grid: 'Puget Grid (demo)',
  ferries: 'Harbour Line Ferries (demo)',
} as const
export type ClientKey = keyof typeof CLIENTS

export interface CastMember {
  readonly key: string
  readonly name: string
  readonly email: string
  /** What the greeting says. */
  readonly role: string
  readonly at: 'firm' | ClientKey
  readonly organisationRole: OrganisationRole
}

export const CAST = [
  {
    key: 'owner',
    name: 'Ines Okafor',
    email: 'ines@larkspur.example',
    role: 'executive',
    at: 'firm',
    organisationRole: 'owner',
  },
  {
    key: 'lead',
    name: 'Mara Lindqvist',
    email: 'mara@larkspur.example',
    role: 'engagement lead',
    at: 'firm',
    organisationRole: 'member',
  },
  {
    key: 'scientist',
    name: 'Tomas Reyes',
    email: 'tomas@larkspur.example',
    role: 'data scientist',
    at: 'firm',
    organisationRole: 'member',
  },
  {
    key: 'dana',
    name: 'Dana Whitfield',
    email: 'dana@meridian.example',
    role: 'client, signs',
    at: 'airline',
    organisationRole: 'member',
  },
  {
    key: 'jon',
    name: 'Jon Abara',
    email: 'jon@meridian.example',
    role: 'client, consulted',
    at: 'airline',
    organisationRole: 'member',
  },
  {
    key: 'wei',
    name: 'Wei Zhang',
    email: 'wei@pugetgrid.example',
    role: 'client, signs',
    at: 'grid',
    organisationRole: 'member',
  },
  {
    key: 'sofia',
    name: 'Sofia Brandt',
    email: 'sofia@harbourline.example',
    role: 'client, signs',
    at: 'ferries',
    organisationRole: 'member',
  },
] as const satisfies readonly CastMember[]

export type CastKey = (typeof CAST)[number]['key']
