import { beforeEach, describe, expect, test } from 'vitest'
import type { Database } from '../../src/offline/db'
import { saveAnswer } from '../../src/offline/drafts'
import { dropMedia, keepMedia } from '../../src/offline/media'
import { enqueueVisit, entriesOf, leaveOut, networkBack, reopenVisit, retryNow, submitVisit } from '../../src/offline/outbox'
import { runOutbox } from '../../src/offline/sender'
import { FakeServer, freshDatabase, ME, offline, photo, problem, runToEnd, sender, START, visitWith } from '../helpers/offline'

let db: Database
let server: FakeServer
let clock: { now: number }

beforeEach(async () => {
  db = await freshDatabase()
  server = new FakeServer()
  clock = { now: START }
})

const submit = (id = 'visit-1') => submitVisit(db, id, new Date(START + 1000))
const states = async () => Object.fromEntries((await entriesOf(db, ME)).map((e) => [e.kind === 'upload' ? e.id : e.kind, e.state]))

describe('order', () => {
  test('a visit is put first, then its photos, then submitted', async () => {
    const { media } = await visitWith(db, 2)
    await submit()
    await runOutbox(sender(db, server, clock))
    expect(server.calls).toEqual(['visit visit-1', `upload ${media[0]!.id}`, `upload ${media[1]!.id}`, 'submit visit-1'])
  })

  test('the submit names the answers and exactly the photos that were kept', async () => {
    const { media } = await visitWith(db, 2)
    await saveAnswer(db, 'visit-1', 'item-1', { value: false, comment: ' empty ' }, new Date(START))
    await saveAnswer(db, 'visit-1', 'item-2', { value: true, not_applicable: true }, new Date(START))
    await saveAnswer(db, 'visit-1', 'item-3', { comment: '' }, new Date(START))
    await dropMedia(db, media[0]!.id)
    await submit()
    await runOutbox(sender(db, server, clock))
    expect(server.submitted.get('visit-1')).toEqual({
      answers: [
        { item_id: 'item-1', value: false, comment: 'empty', not_applicable: false },
        { item_id: 'item-2', value: null, comment: '', not_applicable: true },
      ],
      finished_at: new Date(START + 1000).toISOString(),
      photo_ids: [media[1]!.id],
      note_ids: [],
    })
  })

  test('one stuck visit holds up no other', async () => {
    await visitWith(db, 0, 'visit-1')
    await visitWith(db, 0, 'visit-2')
    server.troubles.visit = [problem(409, 'visit.content_differs')]
    await submit('visit-1')
    await submit('visit-2')
    await runOutbox(sender(db, server, clock))
    expect(server.submitted.has('visit-1')).toBe(false)
    expect(server.submitted.has('visit-2')).toBe(true)
  })

  test('an after photo of a task waits for no visit', async () => {
    await keepMedia(db, { ...photo('task-1', 'fixed'), kind: 'after' }, new Date(START))
    await runOutbox(sender(db, server, clock))
    expect(server.calls).toHaveLength(1)
  })
})

describe('trouble', () => {
  test('with no network everything waits and is sent later, once', async () => {
    await visitWith(db, 1)
    await submit()
    server.troubles.visit = [offline(), offline()]
    await runToEnd(sender(db, server, clock), clock)
    expect(server.calls.filter((call) => call.startsWith('submit'))).toHaveLength(1)
    expect(new Set(Object.values(await states()))).toEqual(new Set(['done']))
  })

  test('after a long time underground a visit goes out at once, not when its grown pause ends', async () => {
    await visitWith(db, 0)
    await submit()
    server.troubles.visit = Array.from({ length: 12 }, offline)
    await runToEnd(sender(db, server, clock), clock, 8)
    const end = await runOutbox(sender(db, server, clock))
    expect(end).toMatchObject({ why: 'idle' })
    expect((end as { nextAt: number }).nextAt - clock.now).toBeGreaterThan(60_000)
    server.troubles.visit = []
    await networkBack(db)
    await runOutbox(sender(db, server, clock))
    expect(server.submitted.has('visit-1')).toBe(true)
  })

  test('a pause the server asked for is kept when the network comes back', async () => {
    await visitWith(db, 0)
    server.troubles.visit = [problem(503, 'busy')]
    await runOutbox(sender(db, server, clock))
    await networkBack(db)
    await runOutbox(sender(db, server, clock))
    expect(server.calls).toHaveLength(1)
  })

  test('what the server refuses stays visible with its words, and what depends on it waits', async () => {
    const { media } = await visitWith(db, 1)
    await submit()
    server.troubles.upload = [problem(415, 'upload.not_a_photo', '这不是照片')]
    await runToEnd(sender(db, server, clock), clock)
    const entries = await entriesOf(db, ME)
    const upload = entries.find((entry) => entry.kind === 'upload')!
    expect(upload).toMatchObject({ state: 'failed', trouble: { kind: 'rejected', status: 415, text: '这不是照片' } })
    expect(entries.find((entry) => entry.kind === 'submit')!.state).toBe('waiting')
    expect(await db.get('bytes', media[0]!.id)).toBeDefined()
  })

  test('a refused photo can be left out by hand, then the visit goes without it and the file stays', async () => {
    const { media } = await visitWith(db, 2)
    await submit()
    server.troubles.upload = [problem(415, 'upload.not_a_photo')]
    await runToEnd(sender(db, server, clock), clock)
    await leaveOut(db, media[0]!.id)
    await runOutbox(sender(db, server, clock))
    expect(server.submitted.get('visit-1')).toMatchObject({ photo_ids: [media[1]!.id] })
    expect(await db.get('bytes', media[0]!.id)).toBeDefined()
  })

  test('a failed entry is sent again when the person asks', async () => {
    await visitWith(db, 0)
    server.troubles.visit = [problem(422, 'visit.invalid')]
    await runToEnd(sender(db, server, clock), clock)
    expect(await states()).toEqual({ visit: 'failed' })
    await retryNow(db, 'visit:visit-1')
    await runOutbox(sender(db, server, clock))
    expect(await states()).toEqual({ visit: 'done' })
  })

  test('signed out: sending stops at once and nothing is marked as failed', async () => {
    await visitWith(db, 2)
    server.troubles.visit = [problem(401, 'session.expired')]
    expect(await runOutbox(sender(db, server, clock))).toEqual({ why: 'sign_in' })
    expect(server.calls).toHaveLength(1)
    expect(Object.values(await states())).toEqual(['waiting', 'waiting', 'waiting'])
  })
})

describe('originals', () => {
  test('the original is kept until the server has read back our hash, then dropped', async () => {
    const { media } = await visitWith(db, 1)
    const id = media[0]!.id
    server.troubles.upload = [offline()]
    await runOutbox(sender(db, server, clock))
    expect(await db.get('bytes', id)).toBeDefined()
    await runToEnd(sender(db, server, clock), clock)
    expect(await db.get('bytes', id)).toBeUndefined()
    expect((await db.get('media', id))!.confirmed).toBe(true)
  })

  test('another hash means sending it anew, not believing it', async () => {
    const { media } = await visitWith(db, 1)
    server.damageNext = 1
    await runToEnd(sender(db, server, clock), clock)
    expect(server.calls.filter((call) => call.startsWith('upload'))).toHaveLength(2)
    expect(server.resumedFrom).toEqual([null, null])
    expect((await db.get('media', media[0]!.id))!.confirmed).toBe(true)
  })

  test('after three damaged uploads a person is asked, and the original is still here', async () => {
    const { media } = await visitWith(db, 1)
    server.damageNext = 9
    await runToEnd(sender(db, server, clock), clock)
    expect((await states())[`upload:${media[0]!.id}`]).toBe('failed')
    expect(await db.get('bytes', media[0]!.id)).toBeDefined()
  })

  test('an original the browser has cleared is said to be gone, not silently skipped', async () => {
    const { media } = await visitWith(db, 1)
    await db.delete('bytes', media[0]!.id)
    await runToEnd(sender(db, server, clock), clock)
    const upload = (await entriesOf(db, ME)).find((entry) => entry.kind === 'upload')!
    expect(upload).toMatchObject({ state: 'failed', trouble: { kind: 'gone' } })
  })
})

describe('killed pages and second tabs', () => {
  test('an upload interrupted by a kill goes on at the address it had', async () => {
    const { media } = await visitWith(db, 1)
    server.troubles.upload = [offline()]
    await runOutbox(sender(db, server, clock))
    const entry = (await db.get('outbox', `upload:${media[0]!.id}`))!
    await db.put('outbox', { ...entry, state: 'sending', next_at: 0 })
    await runOutbox(sender(db, server, clock))
    expect(server.resumedFrom).toEqual([null, `/uploads/${media[0]!.id}`])
    expect((await db.get('outbox', entry.id))!.state).toBe('done')
  })

  test('enqueuing or submitting twice is one entry', async () => {
    const { draft } = await visitWith(db, 0)
    await enqueueVisit(db, draft, new Date(START + 5))
    await submit()
    await submit()
    await runOutbox(sender(db, server, clock))
    expect(server.calls).toEqual(['visit visit-1', 'submit visit-1'])
  })

  test("another person's entries are not sent under my name", async () => {
    await visitWith(db, 1)
    await runOutbox({ ...sender(db, server, clock), personId: 'person-2' })
    expect(server.calls).toEqual([])
  })
})

describe('sealed visits', () => {
  test('answers no longer change once handed over', async () => {
    await visitWith(db, 0)
    await submit()
    const draft = await saveAnswer(db, 'visit-1', 'item-1', { value: true }, new Date(START + 2000))
    expect(draft.answers).toEqual({})
  })

  test('a visit not yet sent can be taken back and corrected', async () => {
    await visitWith(db, 0)
    await submit()
    server.troubles.submit = [problem(422, 'visit.item_unknown')]
    await runToEnd(sender(db, server, clock), clock)
    expect(await reopenVisit(db, 'visit-1')).toBe(true)
    await saveAnswer(db, 'visit-1', 'item-1', { value: true }, new Date(START + 2000))
    await submit()
    await runOutbox(sender(db, server, clock))
    expect(server.submitted.get('visit-1')).toMatchObject({ answers: [{ item_id: 'item-1', value: true }] })
  })

  test('a sent visit cannot be taken back', async () => {
    await visitWith(db, 0)
    await submit()
    await runOutbox(sender(db, server, clock))
    expect(await reopenVisit(db, 'visit-1')).toBe(false)
    expect((await db.get('drafts', 'visit-1'))!.state).toBe('sent')
  })
})
