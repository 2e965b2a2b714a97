import { readSettings, type Settings } from '@northstar/runtime'
import { z } from 'zod'
import type { PeopleConfig } from './people/people.ts'

export function readConfig(): Settings & { readonly people: PeopleConfig } {
  const settings = readSettings()
  return { ...settings, people: peopleConfig(settings.environment) }
}

const text = z
  .string()
  .trim()
  .optional()
  .transform(value => value || undefined)
const list = text.transform(
  value =>
    value
      ?.split(',')
      .map(part => part.trim())
      .filter(Boolean) ?? [],
)
const url = text.refine(
  value => value === undefined || (URL.canParse(value) && /^https?:/.test(value)),
  'must begin with http:// or https://',
)

const schema = z.object({
  NORTHSTAR_PUBLIC_URL: url,
  NORTHSTAR_OIDC_ISSUER: url,
  NORTHSTAR_OIDC_CLIENT_ID: text,
  NORTHSTAR_OIDC_CLIENT_SECRET: text,
  NORTHSTAR_OIDC_SCOPE: text.transform(value => value ?? 'openid profile email'),
  NORTHSTAR_OIDC_ROLE_CLAIM: text.transform(value => value ?? 'groups'),
  NORTHSTAR_OIDC_ADMINS: list,
  NORTHSTAR_OIDC_READERS: list,
})

/** How people come in, from the environment. Throws with every variable that is wrong. */
export function peopleConfig(environment: Settings['environment']): PeopleConfig {
  const parsed = schema.safeParse(environment)
  if (!parsed.success) throw new Error(parsed.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`).join('\n'))
  const e = parsed.data
  if (e.NORTHSTAR_OIDC_ISSUER === undefined) return { publicUrl: e.NORTHSTAR_PUBLIC_URL }
  if (e.NORTHSTAR_OIDC_CLIENT_ID === undefined) throw new Error('NORTHSTAR_OIDC_CLIENT_ID: is needed with NORTHSTAR_OIDC_ISSUER')
  return {
    publicUrl: e.NORTHSTAR_PUBLIC_URL,
    oidc: {
      issuer: e.NORTHSTAR_OIDC_ISSUER,
      clientId: e.NORTHSTAR_OIDC_CLIENT_ID,
      clientSecret: e.NORTHSTAR_OIDC_CLIENT_SECRET,
      scope: e.NORTHSTAR_OIDC_SCOPE,
      roleClaim: e.NORTHSTAR_OIDC_ROLE_CLAIM,
      adminValues: e.NORTHSTAR_OIDC_ADMINS,
      readValues: e.NORTHSTAR_OIDC_READERS,
    },
  }
}
