import { sqlLiteral, type TrackingPlan } from '@northstar/catalogue'
import { tempFolder } from '@northstar/testkit'
import { expect, test } from 'vitest'
import { openEmbeddedWarehouse } from './embedded/index.ts'

const NO_PLAN: TrackingPlan = { events: new Map(), columns: [] }

test('a literal is read by the engine as the text that it was made of', async () => {
  const folder = await tempFolder('literals')
  const warehouse = await openEmbeddedWarehouse({ folder: folder.path })
  try {
    await warehouse.migrate(NO_PLAN)
    for (const text of ["it's", '\\', "\\' OR 1", '\0', 'a\0b\\0', '\n\t', 'naïve 🎈', "';DROP TABLE x--", '{p:String}']) {
      expect(await warehouse.query(`SELECT ${sqlLiteral(text)} AS text`)).toEqual([{ text }])
      expect(await warehouse.query('SELECT {list:Array(String)}[1] AS text', { params: { list: [text] } })).toEqual([{ text }])
    }
  } finally {
    await warehouse.close()
    await folder.remove()
  }
})
