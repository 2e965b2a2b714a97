import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { metricKinds } from '@northstar/metrics'
import { channelTypes } from '@northstar/notifications'
import { describe, expect, test } from 'vitest'
import { ROOT } from './tree-copy.ts'

/** Words that mean something else too: units, aggregates of live counters, labels. */
const COMMON = ['count', 'sum', 'unique', 'ratio', 'share', 'mean', 'latest', 'per_user', 'webhook', 'email', 'x', 'retention', 'segments']

const sources = ['packages', 'services'].flatMap(folder =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map(path => join(folder, path))
    .filter(path => /^\w+\/[^/]+\/src\/.*\.tsx?$/.test(path) && !/\.test\.ts$|\.test-data\.ts$|\/contract\//.test(path)),
)

/** Files that name any of the words as a string, or compare a kind or type with one of the common words. */
function mentions(words: readonly string[], own: RegExp): readonly string[] {
  const rare = words.filter(word => !COMMON.includes(word))
  const literal = new RegExp(`['"\`](${rare.join('|')})['"\`]`)
  const compared = new RegExp(`\\b(metric\\.kind|channel\\.type|config\\.type) [!=]== '(${words.join('|')})'`)
  return sources
    .filter(path => !own.test(path))
    .flatMap(path =>
      readFileSync(join(ROOT, path), 'utf8')
        .split('\n')
        .flatMap((line, i) => (literal.test(line) || compared.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : [])),
    )
}

describe('only its own module knows the name of', () => {
  test('a kind of metric', () => {
    expect(mentions([...metricKinds.keys()], /^packages\/metrics\/src\/(kinds\/|registry\.ts)/)).toEqual([])
  })

  // Discord and GitHub are also where figures are collected: a collector names its own type.
  test('a type of channel', () => {
    expect(mentions([...channelTypes.keys()], /^packages\/(notifications\/src\/channels|collectors\/src)\//)).toEqual([])
  })
})
