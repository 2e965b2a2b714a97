import { describe } from 'vitest'
import { startDistributed } from '../support/installation.ts'
import { allServers } from '../support/servers.ts'
import { describeProduct } from './scenarios.ts'

const servers = allServers()

describe.skipIf(!servers)('over real servers', () => {
  describeProduct('distributed', product => {
    if (!servers) throw new Error('there are no servers')
    return startDistributed({ ...servers, product })
  })
})
