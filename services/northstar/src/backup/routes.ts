import { api } from '@northstar/http-api'
import { type FastifyPluginAsync, HttpProblem, handle } from '@northstar/runtime'
import type { BackupJobs } from './jobs.ts'

export function backupRoutes(jobs: BackupJobs): FastifyPluginAsync {
  return async fastify => {
    handle(fastify, api.operations.startBackup, async ({ body }) => {
      const refusal = await jobs.start(body)
      if (refusal !== null) throw new HttpProblem({ status: 409, detail: `Cannot start the backup: ${refusal}.` })
      return jobs.status()
    })

    handle(fastify, api.operations.backup, async () => jobs.status())
  }
}
