// Appends 1, 2, 3, … one after the other and prints each number once it is acknowledged.
import { openEmbeddedLog } from '../../dist/embedded/index.js'

const [folder, topic] = process.argv.slice(2)
const log = await openEmbeddedLog({ folder, topic })
for (let number = 1; ; number += 1) {
  await log.append([{ partition: 0, value: Buffer.from(String(number)), headers: {} }])
  process.stdout.write(`acknowledged ${number}\n`)
}
