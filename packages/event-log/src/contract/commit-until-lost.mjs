// Claims the only partition and commits repeatedly, even after the signal is aborted, until the broker refuses.
import { connectKafkaLog } from '../../dist/kafka/index.js'

const [brokers, topic, group, sessionTimeoutMs] = process.argv.slice(2)
const log = await connectKafkaLog({ brokers, topic, clientId: 'zombie', sessionTimeoutMs: Number(sessionTimeoutMs), heartbeatMs: 200 })
await log.consume({
  group,
  async run(claim) {
    for (;;) {
      try {
        await claim.commit({ offset: 1, metadata: 'zombie' })
        process.stdout.write('committed\n')
      } catch (error) {
        process.stdout.write(`refused ${error.code}\n`)
        throw error
      }
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  },
})
