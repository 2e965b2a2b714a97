/** Runs roles over embedded stores, which `northstar serve` refuses, since no other process could read their stores. */
import { compose } from '@northstar/northstar'
import { readSettings, serveProcess } from '@northstar/runtime'

process.exit(await serveProcess(await compose(readSettings(), process.argv.slice(2) as Parameters<typeof compose>[1])))
