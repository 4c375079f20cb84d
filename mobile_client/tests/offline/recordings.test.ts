import { beforeEach, describe, expect, test } from 'vitest'
import type { Database } from '../../src/offline/db'
import { leaseIsHeld, withLease } from '../../src/offline/lock'
import { mediaOf } from '../../src/offline/media'
import { beginRecording, finishRecording, keepPiece, RecordingOver, recordingLock, recoverRecordings, type RecordingHead } from '../../src/offline/recordings'
import { freshDatabase, fullPhone, ME, START, STORE } from '../helpers/offline'

const head: RecordingHead = {
  id: 'rec-1', person_id: ME, group: 'visit-1', item_id: null, label: STORE.name,
  media_type: 'audio/webm', filename: 'note.webm', captured_at: new Date(START).toISOString(),
}
const bytes = (text: string) => new TextEncoder().encode(text).buffer as ArrayBuffer
const noTab = () => Promise.resolve(false)
const later = new Date(START + 60_000)
let db: Database

beforeEach(async () => {
  db = await freshDatabase()
  await record()
})

async function record(): Promise<void> {
  await beginRecording(db, head)
  // More than ten, so that the order of keys is not the order of text.
  for (let n = 0; n < 12; n++) await keepPiece(db, 'rec-1', n, bytes(`${n},`))
}

const spoken = async () => {
  const [note] = await mediaOf(db, 'visit-1')
  return note && new TextDecoder().decode(await db.get('bytes', note.id))
}

describe('a voice note', () => {
  test('is its pieces in order, and on its way to the server', async () => {
    await finishRecording(db, 'rec-1', 11.5, later)
    expect(await spoken()).toBe('0,1,2,3,4,5,6,7,8,9,10,11,')
    expect(await db.getAll('outbox')).toMatchObject([{ id: 'upload:rec-1', kind: 'upload', group: 'visit-1', state: 'waiting' }])
    expect(await db.count('kv')).toBe(0)
  })

  test('survives a killed page', async () => {
    expect(await recoverRecordings(db, ME, later, noTab)).toEqual({ saved: 1, later: false })
    expect(await spoken()).toContain('11,')
    expect(await mediaOf(db, 'visit-1')).toMatchObject([{ duration_s: 12 }])
  })

  test('has the id of its recording: a page killed between note and clearing away leads to one note, not two', async () => {
    await finishRecording(db, 'rec-1', 11.5, later)
    await record()
    await recoverRecordings(db, ME, later, noTab)
    expect(await mediaOf(db, 'visit-1')).toMatchObject([{ id: 'rec-1' }])
    expect(await db.count('outbox')).toBe(1)
  })

  test('recovered by two tabs at the same moment is one note', async () => {
    await Promise.all([recoverRecordings(db, ME, later, noTab), recoverRecordings(db, ME, later, noTab)])
    expect(await db.count('media')).toBe(1)
    expect(await db.count('outbox')).toBe(1)
  })

  test('that a living tab still records is left alone, however long it has been silent', async () => {
    const recording = (lock: string) => Promise.resolve(lock === recordingLock('rec-1'))
    expect(await recoverRecordings(db, ME, new Date(START + 1e9), recording)).toEqual({ saved: 0, later: true })
    expect(await mediaOf(db, 'visit-1')).toEqual([])
    expect(await db.count('kv')).toBe(13)
  })

  test('takes no more pieces once it is whole: the person is told instead of talking to nobody', async () => {
    await finishRecording(db, 'rec-1', 11.5, later)
    await expect(keepPiece(db, 'rec-1', 12, bytes('12,'))).rejects.toThrow(RecordingOver)
    expect(await db.count('kv')).toBe(0)
  })

  test('for which there is no room keeps its pieces until there is', async () => {
    await expect(finishRecording(fullPhone(db), 'rec-1', 11.5, later)).rejects.toThrow('full')
    expect(await recoverRecordings(fullPhone(db), ME, later, noTab)).toEqual({ saved: 0, later: true })
    expect(await db.count('kv')).toBe(13)
    expect(await recoverRecordings(db, ME, later, noTab)).toEqual({ saved: 1, later: false })
    expect(await spoken()).toContain('11,')
  })

  test('of another person is not touched', async () => {
    expect(await recoverRecordings(db, 'person-2', later, noTab)).toEqual({ saved: 0, later: false })
    expect(await db.count('kv')).toBe(13)
  })

  test('without a single piece becomes nothing', async () => {
    await beginRecording(db, { ...head, id: 'rec-2' })
    expect(await finishRecording(db, 'rec-2', 0, later)).toBeNull()
    expect(await db.count('kv')).toBe(13)
  })
})

test('a lease tells other tabs that its page lives, and ends with it', async () => {
  let now = START
  const held = () => leaseIsHeld(db, 'lease', now)
  await withLease(db, 'lease', async () => expect(await held()).toBe(true), () => now)
  expect(await held()).toBe(false)
  await db.put('kv', { holder: 'killed', until: START + 15_000 }, 'lease')
  expect(await held()).toBe(true)
  now += 15_001
  expect(await held()).toBe(false)
})
