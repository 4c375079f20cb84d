import { beforeEach, describe, expect, test } from 'vitest'
import type { Database } from '../../src/offline/db'
import { mediaOf } from '../../src/offline/media'
import { ABANDONED_MS, beginRecording, discardRecording, finishRecording, keepPiece, recoverRecordings, type RecordingHead } from '../../src/offline/recordings'
import { freshDatabase, ME, START, STORE } from '../helpers/offline'

const head: RecordingHead = {
  id: 'rec-1', person_id: ME, group: 'visit-1', item_id: null, label: STORE.name,
  media_type: 'audio/webm', filename: 'note.webm', captured_at: new Date(START).toISOString(),
}
const bytes = (text: string) => new TextEncoder().encode(text).buffer as ArrayBuffer
let db: Database

beforeEach(async () => {
  db = await freshDatabase()
  await beginRecording(db, head)
  // More than ten, so that the order of keys is not the order of text.
  for (let n = 0; n < 12; n++) await keepPiece(db, 'rec-1', n, bytes(`${n},`), START + n * 1000)
})

const spoken = async () => {
  const [note] = await mediaOf(db, 'visit-1')
  return note && new TextDecoder().decode(await db.get('bytes', note.id))
}

describe('a voice note', () => {
  test('is its pieces in order, and on its way to the server', async () => {
    await finishRecording(db, 'rec-1', 11.5, new Date(START))
    expect(await spoken()).toBe('0,1,2,3,4,5,6,7,8,9,10,11,')
    expect(await db.getAll('outbox')).toMatchObject([{ kind: 'upload', group: 'visit-1', state: 'waiting' }])
    expect(await db.count('kv')).toBe(0)
  })

  test('survives a killed page', async () => {
    const later = new Date(START + 11_000 + ABANDONED_MS + 1)
    expect(await recoverRecordings(db, ME, later)).toEqual({ saved: 1, running: false })
    expect(await spoken()).toContain('11,')
  })

  test('that is still being spoken in another tab is left alone', async () => {
    expect(await recoverRecordings(db, ME, new Date(START + 12_000))).toEqual({ saved: 0, running: true })
    expect(await mediaOf(db, 'visit-1')).toEqual([])
  })

  test('of another person is not touched', async () => {
    expect(await recoverRecordings(db, 'person-2', new Date(START + 1e9))).toEqual({ saved: 0, running: false })
    expect(await db.count('kv')).toBe(13)
  })

  test('without a single piece becomes nothing', async () => {
    await discardRecording(db, 'rec-1')
    await beginRecording(db, head)
    expect(await finishRecording(db, 'rec-1', 0, new Date(START))).toBeNull()
    expect(await db.count('kv')).toBe(0)
  })
})
