#!/usr/bin/env node
import './build.js'

// Only now is it sure to be there.
const { serve } = await import('../dist/serve.js')
process.exit(await serve())
