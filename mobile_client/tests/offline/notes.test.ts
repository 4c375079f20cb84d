import { beforeEach, describe, expect, test } from 'vitest'
import type { VoiceNote } from '../../src/api/types'
import type { Database } from '../../src/offline/db'
import type { NoteChange } from '../../src/offline/model'
import { changesOf, insist, keepChange, showsTheirs, yieldTo } from '../../src/offline/notes'
import { entriesOf } from '../../src/offline/outbox'
import { runOutbox } from '../../src/offline/sender'
import { FakeServer, freshDatabase, ME, offline, problem, runToEnd, sender, START, STORE } from '../helpers/offline'

const NOTE = { id: 'note-1', visit_id: 'visit-1', version: 4 } as VoiceNote
const TEXT: NoteChange = { kind: 'text', text: 'the floor is wet' }
const YES: NoteChange = { kind: 'answer', issue_id: 'issue-1', verdict: 'yes', checkpoint: null, title: null }

let db: Database
let server: FakeServer
let clock: { now: number }
let count = 0

beforeEach(async () => {
  db = await freshDatabase()
  server = new FakeServer()
  clock = { now: START }
})

const keep = (change: NoteChange, note = NOTE) =>
  keepChange(db, `change-${++count}`, note, change, { person_id: ME, label: STORE.name }, new Date(START + count))
const changes = async () => changesOf(await entriesOf(db, ME), NOTE.id, ME)
const versions = () => server.corrections.map((body) => body.version)

describe('corrections of a voice note', () => {
  test('made without a network go out in order when it is back, each based on the one before', async () => {
    await keep(TEXT)
    await keep(YES)
    server.troubles.note = [offline(), offline()]
    await runToEnd(sender(db, server, clock), clock)
    expect(server.corrections.map(({ change }) => change)).toEqual([TEXT, YES])
    expect(versions()).toEqual([4, 5])
  })

  test('made right after one another do not wait for the page to know the new version', async () => {
    await keep(YES)
    await runOutbox(sender(db, server, clock))
    await keep(YES)
    await runOutbox(sender(db, server, clock))
    expect(versions()).toEqual([4, 5])
  })

  test('are sent again under the same id', async () => {
    await keep(TEXT)
    server.troubles.note = [offline()]
    await runToEnd(sender(db, server, clock), clock)
    const [first, second] = server.calls
    expect(first).toBe(second)
  })

  test('that met another person’s wait for their author, and those after them, too', async () => {
    await keep(TEXT)
    await keep(YES)
    server.troubles.note = [problem(409, 'note.stale')]
    await runOutbox(sender(db, server, clock))
    expect((await changes()).map((entry) => entry.state)).toEqual(['failed', 'waiting'])
  })

  test('go out on top of the other’s word when their author stays with them', async () => {
    await keep(TEXT)
    await keep(YES)
    server.troubles.note = [problem(409, 'note.stale')]
    await runOutbox(sender(db, server, clock))
    await insist(db, NOTE.id, ME, 7)
    await runOutbox(sender(db, server, clock))
    expect(versions()).toEqual([7, 8])
  })

  test('are decided on only once the other’s word is on the page', async () => {
    await keep(TEXT)
    server.troubles.note = [problem(409, 'note.stale')]
    await runOutbox(sender(db, server, clock))
    const [refused] = await changes()
    expect([4, 5].map((version) => showsTheirs({ version }, refused!))).toEqual([false, true])
  })

  test('that met a third word meanwhile, which nobody here has seen, are refused again and not written over it', async () => {
    await keep(TEXT)
    server.troubles.note = [problem(409, 'note.stale'), problem(409, 'note.stale')]
    await runOutbox(sender(db, server, clock))
    await insist(db, NOTE.id, ME, 5)
    await runOutbox(sender(db, server, clock))
    expect(server.corrections).toEqual([])
    const [refused] = await changes()
    expect([refused!.state, showsTheirs({ version: 5 }, refused!), showsTheirs({ version: 6 }, refused!)]).toEqual(['failed', false, true])
  })

  test('are forgotten when their author lets the other’s word stand', async () => {
    await keep(TEXT)
    server.troubles.note = [problem(409, 'note.stale')]
    await runOutbox(sender(db, server, clock))
    await yieldTo(db, NOTE.id, ME)
    expect(await changes()).toEqual([])
  })

  test('of two people on one phone do not wait for each other, nor are they thrown away by the other', async () => {
    await keep(TEXT)
    await keepChange(db, 'change-other', NOTE, TEXT, { person_id: 'somebody-else', label: STORE.name }, new Date(START))
    const [theirs] = changesOf((await db.getAll('outbox')), NOTE.id, 'somebody-else')
    expect(theirs).toMatchObject({ after: [], body: { version: NOTE.version } })
    await yieldTo(db, NOTE.id, 'somebody-else')
    expect(await changes()).toHaveLength(1)
  })

  test('of one note do not wait for those of another', async () => {
    await keep(TEXT)
    await keep(TEXT, { ...NOTE, id: 'note-2' })
    server.troubles.note = [problem(409, 'note.stale')]
    await runOutbox(sender(db, server, clock))
    expect(server.corrections.map(({ note_id }) => note_id)).toEqual(['note-2'])
  })
})
