import type { ScriptedClient } from './client.ts'

/**
 * Makes every server that keeps an append-only file rewrite it, in the background. A server whose provider does not allow the command
 * rewrites its file by its own thresholds.
 */
export async function rewriteAppendOnlyFiles(client: ScriptedClient): Promise<void> {
  const servers = 'nodes' in client ? client.nodes('master') : [client]
  for (const server of servers) {
    try {
      if (/aof_enabled:1/.test(await server.info('persistence'))) await server.bgrewriteaof()
    } catch {
      // The command is not allowed, or a rewrite is already running.
    }
  }
}
