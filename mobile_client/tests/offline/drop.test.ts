import { beforeEach, describe, expect, test } from 'vitest'
import type { Database } from '../../src/offline/db'
import { dropMedia } from '../../src/offline/media'
import { submitVisit } from '../../src/offline/outbox'
import { runOutbox } from '../../src/offline/sender'
import { FakeServer, freshDatabase, offline, problem, sender, START, visitWith } from '../helpers/offline'

let db: Database
let server: FakeServer
const clock = { now: START }

beforeEach(async () => {
  db = await freshDatabase()
  server = new FakeServer()
})

describe('taking a photo out of a draft', () => {
  const entryOf = (id: string) => db.get('outbox', `upload:${id}`)

  test('is possible while it waits, and after the server has refused it', async () => {
    const { media } = await visitWith(db, 2)
    server.troubles.upload = [problem(415, 'upload.not_a_photo'), offline()]
    await runOutbox(sender(db, server, clock))
    expect([(await entryOf(media[0]!.id))!.state, (await entryOf(media[1]!.id))!.state]).toEqual(['failed', 'waiting'])
    expect([await dropMedia(db, media[0]!.id), await dropMedia(db, media[1]!.id)]).toEqual([true, true])
    expect([await db.count('media'), await db.count('bytes')]).toEqual([0, 0])
  })

  test('is not possible once it has been delivered: the server keeps it, and the submit names it', async () => {
    const { media } = await visitWith(db, 1)
    await runOutbox(sender(db, server, clock))
    expect(await dropMedia(db, media[0]!.id)).toBe(false)
    await submitVisit(db, 'visit-1', new Date(START + 1000))
    await runOutbox(sender(db, server, clock))
    expect(server.submitted.get('visit-1')).toMatchObject({ photo_ids: [media[0]!.id] })
  })

  test('is not possible while it is being sent: it may have arrived already', async () => {
    const { media } = await visitWith(db, 1)
    const dropped: boolean[] = []
    const send = server.upload.bind(server)
    server.upload = async (...all) => {
      dropped.push(await dropMedia(db, media[0]!.id))
      return send(...all)
    }
    await runOutbox(sender(db, server, clock))
    expect(dropped).toEqual([false])
    expect((await db.get('media', media[0]!.id))!.confirmed).toBe(true)
  })
})
