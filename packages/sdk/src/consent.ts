/** A random id for the user, and whether events may be sent. */
export interface Profile {
  /** A random id, which is not derived from the person. */
  readonly user: string
  readonly enabled: boolean
}

export interface ProfileStore {
  read(): Profile | null
  /** Writes the first profile, or returns the one that another program wrote meanwhile. Returns null if it cannot be written. */
  create(profile: Profile): Profile | null
  /** Returns false if the profile cannot be written. */
  write(profile: Profile): boolean
  /** False if the runtime has no storage, so that there can be no earlier decision. */
  readonly isLasting: boolean
}

/** The reason why events are sent or not. */
export type ConsentReason = 'enabled' | 'disabled' | 'do_not_track' | 'first_run' | 'unwritable'

export interface Consent {
  readonly user: string
  reason(): ConsentReason
  /** Reads the decision again. */
  refresh(): void
  /** Stores the decision. If it cannot be stored, returns false and nothing is sent. */
  decide(enabled: boolean): boolean
}

export interface ConsentDeps {
  readonly profiles: ProfileStore
  readonly uuid: () => string
  /** Whether DO_NOT_TRACK is set: then nothing is sent, whatever the decision. */
  readonly doNotTrack: () => boolean
  /** Shows the notice of the first run; absent if the program asks its users itself. */
  readonly showNotice?: () => void
}

/** The first run shows the notice and sends nothing. A decision that cannot be stored counts as no. */
export function createConsent({ profiles, uuid, doNotTrack, showNotice }: ConsentDeps): Consent {
  const stored = profiles.read()
  let profile: Profile = stored ?? { user: uuid(), enabled: true }
  let reason: ConsentReason = profile.enabled ? 'enabled' : 'disabled'
  if (stored === null && !doNotTrack()) {
    const created = profiles.create(profile)
    profile = created ?? profile
    if (created === null && (showNotice || profiles.isLasting)) reason = 'unwritable'
    else if (showNotice) {
      reason = 'first_run'
      showNotice()
    }
  }
  return {
    user: profile.user,
    reason: () => (doNotTrack() ? 'do_not_track' : reason),
    refresh() {
      const found = profiles.read()
      if (found !== null && (reason === 'enabled' || reason === 'disabled')) reason = found.enabled ? 'enabled' : 'disabled'
    },
    decide(enabled) {
      profile = { ...profile, enabled }
      const written = profiles.write(profile)
      reason = written ? (enabled ? 'enabled' : 'disabled') : 'unwritable'
      return written
    },
  }
}

/** Whether a variable such as DO_NOT_TRACK is set. Empty, 0 and false mean no. */
export const isSet = (value: string | undefined): boolean => value !== undefined && !/^(?:0|false|)$/i.test(value.trim())
