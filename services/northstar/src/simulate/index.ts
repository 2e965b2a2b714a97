export { simulationSection } from './scenario.ts'
export { atPace, launchEndingToday, weekStartsFrom } from './schedule.ts'
export { SendFailed, type SendResult, sendEvents } from './send-events.ts'
export { simulate } from './simulate.ts'
