import type { AccessControl, Logger, OidcSettings } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import type { Audit } from './audit.ts'
import type { Sessions } from './sessions.ts'

export interface AuthConfig {
  /** The address of this server for browsers: `https://northstar.example.org`. */
  readonly publicUrl?: string
  readonly oidc?: OidcSettings
}

export interface AuthDeps {
  readonly state: StateStore
  readonly control: AccessControl
  readonly audit: Audit
  readonly now: () => number
  readonly logger: Logger
}

export interface AuthParts extends AuthDeps {
  readonly config: AuthConfig
  readonly sessions: Sessions
}
