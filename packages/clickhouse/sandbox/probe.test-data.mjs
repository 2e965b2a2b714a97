/** Replaces run-statement.mjs in a test: reports the access of code in the sandbox. The first line of stdin names the targets. */
import { spawnSync } from 'node:child_process'
import { fstatSync, readdirSync, readFileSync, unlinkSync, writeFileSync, writeSync } from 'node:fs'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { createInterface } from 'node:readline'

const succeeds = action => {
  try {
    action()
    return true
  } catch {
    return false
  }
}

createInterface({ input: process.stdin }).once('line', async line => {
  const { secret, part, port } = JSON.parse(line)
  const descriptors = Array.from({ length: 250 }, (_, i) => i + 4).filter(fd => succeeds(() => fstatSync(fd).isFile() || fstatSync(fd)))
  const connects = await new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
  })
  const found = {
    environment: Object.keys(process.env),
    root: readdirSync('/').sort(),
    reads: [secret, '/etc/passwd', '/proc/1/environ', '/proc/self/environ', '/old/etc/passwd'].filter(path =>
      succeeds(() => readFileSync(path)),
    ),
    writes: ['/app/run-statement.mjs', '/bin/node', '/usr/lib/x', `/snapshot/${part}`].filter(path =>
      succeeds(() => writeFileSync(path, 'x')),
    ),
    copiesOnWrite: succeeds(() => writeFileSync(`/engine/${part}`, 'x')) && succeeds(() => unlinkSync(`/engine/${part}`)),
    connects,
    interfaces: Object.values(networkInterfaces())
      .flat()
      .map(({ address }) => address),
    processes: [process.pid, process.ppid],
    shell: spawnSync('/bin/sh', ['-c', 'true']).status,
    files: descriptors.filter(fd =>
      succeeds(() => {
        if (!fstatSync(fd).isFile()) throw new Error('no file')
      }),
    ),
  }
  process.stdout.write(JSON.stringify(found), () => {
    writeSync(3, '{}')
    process.exit(0)
  })
})
