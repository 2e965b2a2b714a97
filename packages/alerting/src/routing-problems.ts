import { entriesAt, type FileParts, isRecord, nearest, type Path, type Problem, recordOf } from '@northstar/catalogue'

/**
 * Unknown names in `channels.yaml`. If a list cannot be read, names of its kind are not checked.
 * @param carriesDigests whether a channel of the type can send a digest
 */
export function routingProblems(file: FileParts, carriesDigests: (type: unknown) => boolean): readonly Problem[] {
  const data = file.at([])
  const { channels, receivers, route } = recordOf(data)
  const problems: Problem[] = []
  const known = (pattern: Path, kind: string, valid: readonly string[] | undefined) => {
    for (const [path, name] of entriesAt(data, pattern)) {
      if (typeof name !== 'string' || !valid || valid.includes(name)) continue
      problems.push(file.problem(path, `there is no ${kind} "${name}"; there are ${valid.join(', ') || 'none'}`, nearest(name, valid)))
    }
  }
  const receiverNames = isRecord(receivers) ? Object.keys(receivers) : undefined
  const channelNames = isRecord(channels) ? Object.keys(channels) : undefined
  const intervalNames = entriesAt(data, ['time_intervals', '*', 'name']).map(([, name]) => String(name))
  known(['receivers', '*', '*'], 'channel', channelNames)
  if (isRecord(route) && route.receiver === undefined) problems.push(file.problem(['route'], 'the root route needs a receiver'))
  for (const at of routesFrom(data, ['route'])) {
    known([...at, 'receiver'], 'receiver', receiverNames)
    known([...at, 'escalate', '*', 'receiver'], 'receiver', receiverNames)
    known([...at, 'mute_time_intervals', '*'], 'time interval', intervalNames)
    known([...at, 'active_time_intervals', '*'], 'time interval', intervalNames)
  }
  known(['digests', '*', 'receiver'], 'receiver', receiverNames)
  const usable = channelNames?.filter(name => carriesDigests(recordOf(recordOf(channels)[name]).type))
  known(['digests', '*', 'channels', '*'], 'channel for a digest', usable)
  return problems
}

function routesFrom(data: unknown, path: Path): readonly Path[] {
  return [path, ...entriesAt(data, [...path, 'routes', '*']).flatMap(([inner]) => routesFrom(data, inner))]
}
