import { entriesAt, type FileParts, isRecord, type Path, type Problem, recordOf, unknownWord } from '@northstar/catalogue'

/**
 * Unknown names in `channels.yaml`. If a list cannot be read, names of its kind are not checked.
 * @param carriesDigests whether a channel of the type can send a digest
 */
export function routingProblems(file: FileParts, carriesDigests: (type: unknown) => boolean): readonly Problem[] {
  const data = file.at([])
  const { channels, receivers, route } = recordOf(data)
  const problems: Problem[] = []
  const known = (pattern: Path, kind: string, valid: ReadonlySet<string> | undefined) => {
    for (const [path, name] of entriesAt(data, pattern)) {
      if (typeof name === 'string' && valid && !valid.has(name)) problems.push(unknownWord(file, path, `unknown ${kind}`, name, valid))
    }
  }
  const receiverNames = isRecord(receivers) ? new Set(Object.keys(receivers)) : undefined
  const channelNames = isRecord(channels) ? new Set(Object.keys(channels)) : undefined
  const intervalNames = new Set(entriesAt(data, ['time_intervals', '*', 'name']).map(([, name]) => String(name)))
  known(['receivers', '*', '*'], 'channel', channelNames)
  if (isRecord(route) && route.receiver === undefined) problems.push(file.problem(['route'], 'the root route needs a receiver'))
  for (const at of routesFrom(data, ['route'])) {
    known([...at, 'receiver'], 'receiver', receiverNames)
    known([...at, 'escalate', '*', 'receiver'], 'receiver', receiverNames)
    known([...at, 'mute_time_intervals', '*'], 'time interval', intervalNames)
    known([...at, 'active_time_intervals', '*'], 'time interval', intervalNames)
  }
  known(['digests', '*', 'receiver'], 'receiver', receiverNames)
  const usable = channelNames && new Set([...channelNames].filter(name => carriesDigests(recordOf(recordOf(channels)[name]).type)))
  known(['digests', '*', 'channels', '*'], 'channel for a digest', usable)
  return problems
}

function routesFrom(data: unknown, path: Path): readonly Path[] {
  return [path, ...entriesAt(data, [...path, 'routes', '*']).flatMap(([inner]) => routesFrom(data, inner))]
}
