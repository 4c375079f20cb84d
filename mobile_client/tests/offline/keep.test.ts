import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { newId } from '../../src/offline/ids'
import { countUnsent, exportUnsent, pruneSent } from '../../src/offline/keep'
import { withLease } from '../../src/offline/lock'
import { submitVisit } from '../../src/offline/outbox'
import { runOutbox } from '../../src/offline/sender'
import { sha256, sha256Hex } from '../../src/offline/sha256'
import { crc32 } from '../../src/offline/zip'
import { FakeServer, freshDatabase, ME, sender, START, visitWith } from '../helpers/offline'

const WEEKS = 15 * 24 * 3600_000

describe('export of unsent data', () => {
  test('holds the visit and each original, byte for byte', async () => {
    const db = await freshDatabase()
    const { media } = await visitWith(db, 1)
    const text = new TextDecoder().decode(await exportUnsent(db, new Date(START)))
    expect(text).toContain('unsent.json')
    expect(text).toContain('"visit_id": "visit-1"')
    expect(text).toContain(`photo/${media[0]!.id}.jpg`)
    expect(text).toContain('photo 0')
  })

  test('what was sent is not in it', async () => {
    const db = await freshDatabase()
    await visitWith(db, 1)
    await submitVisit(db, 'visit-1', new Date(START))
    await runOutbox(sender(db, new FakeServer()))
    expect(new TextDecoder().decode(await exportUnsent(db, new Date(START)))).not.toContain('photo 0')
    expect(await countUnsent(db, ME)).toEqual({ visits: 0, files: 0, others: 0 })
  })
})

describe('making room', () => {
  test('a sent visit goes after a week', async () => {
    const db = await freshDatabase()
    await visitWith(db, 1)
    await submitVisit(db, 'visit-1', new Date(START))
    await runOutbox(sender(db, new FakeServer()))
    await pruneSent(db, START)
    expect(await db.count('outbox')).toBe(3)
    await pruneSent(db, START + WEEKS)
    expect([await db.count('outbox'), await db.count('drafts'), await db.count('media')]).toEqual([0, 0, 0])
  })

  test('nothing unsent is touched, however old', async () => {
    const db = await freshDatabase()
    await visitWith(db, 1)
    await runOutbox(sender(db, new FakeServer()))
    await pruneSent(db, START + WEEKS)
    expect(await db.count('outbox')).toBe(2)
    expect(await db.count('drafts')).toBe(1)
  })
})

describe('fingerprints and ids', () => {
  test.each([0, 1, 55, 56, 63, 64, 65, 1000])('our SHA-256 of %i bytes is the real one', async (length) => {
    const bytes = new Uint8Array(length).map((_, i) => i * 7)
    const real = createHash('sha256').update(bytes).digest('hex')
    expect(Buffer.from(sha256(bytes)).toString('hex')).toBe(real)
    expect(await sha256Hex(bytes.buffer)).toBe(real)
  })

  test('CRC-32 of the standard check string', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926)
  })

  test('ids are UUIDv7 and sort by time', () => {
    const ids = [1, 2, 3].map((n) => newId(START + n))
    expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(ids.toSorted()).toEqual(ids)
    expect(parseInt(ids[0]!.replaceAll('-', '').slice(0, 12), 16)).toBe(START + 1)
  })
})

test('two tabs without Web Locks take turns', async () => {
  const db = await freshDatabase()
  const order: string[] = []
  const tab = (name: string) =>
    withLease(db, 'lease', async () => {
      order.push(`${name} in`)
      await new Promise((resolve) => setTimeout(resolve, 5))
      order.push(`${name} out`)
    }, Date.now)
  await Promise.all([tab('a'), tab('b')])
  expect(order.map((step) => step.split(' ')[1])).toEqual(['in', 'out', 'in', 'out'])
})
