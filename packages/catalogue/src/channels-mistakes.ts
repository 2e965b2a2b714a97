import { nearest } from './nearest.ts'
import { entriesAt, isRecord, type Path, recordOf } from './plain-data.ts'

/** A name in `channels.yaml` that names nothing. */
interface NameMistake {
  readonly path: Path
  readonly message: string
  readonly nearest?: string
}

/** An incident for each line of a letter would be none. */
const NO_DIGESTS: readonly unknown[] = ['pagerduty', 'opsgenie', 'alertmanager']

/** The names that name nothing. Other mistakes may be beside them: a list that cannot be read leaves out only the names of its kind. */
export function channelsMistakes(data: unknown): readonly NameMistake[] {
  const { channels, receivers, route } = recordOf(data)
  const mistakes: NameMistake[] = []
  const known = (pattern: Path, kind: string, valid: readonly string[] | undefined) => {
    for (const [path, name] of entriesAt(data, pattern)) {
      if (typeof name !== 'string' || !valid || valid.includes(name)) continue
      const near = nearest(name, valid)
      const message = `there is no ${kind} "${name}"; there are ${valid.join(', ') || 'none'}`
      mistakes.push({ path, message, ...(near !== undefined && { nearest: near }) })
    }
  }
  const receiverNames = isRecord(receivers) ? Object.keys(receivers) : undefined
  const channelNames = isRecord(channels) ? Object.keys(channels) : undefined
  const intervalNames = entriesAt(data, ['time_intervals', '*', 'name']).map(([, name]) => String(name))
  known(['receivers', '*', '*'], 'channel', channelNames)
  if (isRecord(route) && route.receiver === undefined) mistakes.push({ path: ['route'], message: 'the root route needs a receiver' })
  for (const at of routesFrom(data, ['route'])) {
    known([...at, 'receiver'], 'receiver', receiverNames)
    known([...at, 'escalate', '*', 'receiver'], 'receiver', receiverNames)
    known([...at, 'mute_time_intervals', '*'], 'time interval', intervalNames)
    known([...at, 'active_time_intervals', '*'], 'time interval', intervalNames)
  }
  known(['digests', '*', 'receiver'], 'receiver', receiverNames)
  const usable = channelNames?.filter(name => !NO_DIGESTS.includes(recordOf(recordOf(channels)[name]).type))
  known(['digests', '*', 'channels', '*'], 'channel for a digest', usable)
  return mistakes
}

function routesFrom(data: unknown, path: Path): readonly Path[] {
  return [path, ...entriesAt(data, [...path, 'routes', '*']).flatMap(([inner]) => routesFrom(data, inner))]
}
