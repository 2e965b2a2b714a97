import { startEmbedded } from '../support/installation.ts'
import { describeProduct } from './scenarios.ts'

describeProduct('embedded', product => startEmbedded({ product }))
