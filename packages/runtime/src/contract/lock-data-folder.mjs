// Locks the data folder and holds it until the process is ended.
import { lockDataFolder } from '@northstar/runtime'

lockDataFolder(process.argv[2])
process.stdout.write('locked\n')
setInterval(() => {}, 1_000)
