import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

export const KAFKA_VERSION = '4.3.1'

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>northstar</groupId>
  <artifactId>kafka-for-tests</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${KAFKA_VERSION}</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>${KAFKA_VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>2.0.16</version></dependency>
  </dependencies>
</project>
`

/** The nearest folder above this file that contains the workspace's lockfile. */
export function repositoryRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package-lock.json'))) {
    const parent = dirname(folder)
    if (parent === folder) throw new Error('the repository root was not found: no package-lock.json in any folder above testkit')
    folder = parent
  }
  return folder
}

/**
 * Returns the folder with Kafka's jars, which Maven downloads the first time. The folder gets its final name only once it is complete, so
 * interrupted and concurrent downloads are harmless.
 */
export async function kafkaJars(): Promise<string> {
  const cache = join(repositoryRoot(), 'node_modules', '.cache', 'northstar')
  const folder = join(cache, `kafka-${KAFKA_VERSION}`)
  if (existsSync(folder)) return folder
  await mkdir(cache, { recursive: true })
  const work = await mkdtemp(join(cache, 'kafka-download-'))
  try {
    await writeFile(join(work, 'pom.xml'), POM)
    const jars = join(work, 'jars')
    await run('mvn', ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${jars}`, '-DincludeScope=runtime'], {
      cwd: work,
      maxBuffer: 16 * 1024 * 1024,
    })
    await rename(jars, folder).catch((error: unknown) => {
      // Another process finished the same download first.
      if (!existsSync(folder)) throw error
    })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return folder
}
