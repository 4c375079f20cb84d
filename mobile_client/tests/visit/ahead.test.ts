import { describe, expect, test } from 'vitest'
import { Unreachable } from '../../src/api/problems'
import type { ChecklistVersion, VisitSummary } from '../../src/api/types'
import { keepVersions, keptVersion, rowOnPhone, upcomingKey } from '../../src/visit/ahead'
import type { Upcoming } from '../../src/visit/list'
import { startDraft } from '../../src/offline/drafts'
import { freshDatabase, ME } from '../helpers/offline'

const text = (zh: string) => ({ zh, en: zh })
const row = (id: string, version: string): VisitSummary => ({
  id,
  store: { id: 's1', name: text('一店'), code: 'S1' },
  checklist_version_id: version,
  checklist_title: text('日常'),
  state: 'planned',
  planned_for: '2026-01-02T01:00:00Z',
  started_at: null,
  submitted_at: null,
  score: null,
})

class Server {
  asked: string[] = []
  offline = false
  get = async <T>(path: string): Promise<T> => {
    this.asked.push(path)
    if (this.offline || path.endsWith('/broken')) throw new Unreachable(new Error('no network'))
    const id = path.split('/').at(-1)!
    return { id, checklist_id: 'c', number: 1, title: text('日常'), items: [] } satisfies ChecklistVersion as T
  }
}

/** As the list screen leaves it on the phone. */
function listLoaded(rows: VisitSummary[], { mine = true, at = '2026-01-01T00:00:00Z', person = ME } = {}) {
  const value: Upcoming = { items: rows, more: false }
  return { key: `${person} ${upcomingKey(mine)}`, copy: { value, saved_at: at } }
}

describe('a planned visit that was never opened', () => {
  test('is begun offline from the row of the list and the kept version', async () => {
    const db = await freshDatabase()
    const server = new Server()
    const { key, copy } = listLoaded([row('v1', 'ver-1'), row('v2', 'ver-1')])
    await db.put('cache', copy, key)
    await keepVersions(db, server.get, copy.value.items.map((visit) => visit.checklist_version_id))
    server.offline = true

    const found = await rowOnPhone(db, ME, 'v1')
    const visit = found!.value
    const draft = await startDraft(db, { ...visit, visit_id: visit.id, person_id: ME, known: true }, new Date())
    expect(draft.store.code).toBe('S1')
    expect((await keptVersion(db, server.get, draft.checklist_version_id)).id).toBe('ver-1')
    expect(server.asked).toEqual(['/checklist-versions/ver-1'])
  })

  test('is taken from the later of two lists', async () => {
    const db = await freshDatabase()
    const early = listLoaded([row('v1', 'old')])
    const late = listLoaded([row('v1', 'new')], { mine: false, at: '2026-01-02T00:00:00Z' })
    for (const { key, copy } of [early, late]) await db.put('cache', copy, key)
    expect((await rowOnPhone(db, ME, 'v1'))?.value.checklist_version_id).toBe('new')
  })

  test("is not taken from somebody else's list", async () => {
    const db = await freshDatabase()
    const { key, copy } = listLoaded([row('v1', 'ver-1')], { person: 'other' })
    await db.put('cache', copy, key)
    expect(await rowOnPhone(db, ME, 'v1')).toBeUndefined()
  })
})

describe('versions kept ahead', () => {
  test('one that cannot be had does not keep the others away', async () => {
    const db = await freshDatabase()
    const server = new Server()
    await keepVersions(db, server.get, ['broken', 'ver-2'])
    server.offline = true
    expect((await keptVersion(db, server.get, 'ver-2')).id).toBe('ver-2')
  })

  test('each is fetched once, however often the list is loaded', async () => {
    const db = await freshDatabase()
    const server = new Server()
    for (let n = 0; n < 3; n++) await keepVersions(db, server.get, ['ver-1', 'ver-1', 'ver-2'])
    expect(server.asked).toHaveLength(2)
  })
})
