import { describe, expect, test } from 'vitest'
import { Unreachable } from '../../src/api/problems'
import type { Entry } from '../../src/offline/model'
import { backoffMs, judge } from '../../src/offline/outcome'
import { whyOf } from '../../src/offline/why'
import { problem } from '../helpers/offline'

const entry = (fields: Partial<Entry> = {}): Entry => ({
  id: 'upload:1', kind: 'upload', person_id: 'p', group: 'v', label: { zh: '', en: '' }, after: [], body: null, state: 'waiting', seq: 1,
  attempts: 0, next_at: 0, trouble: null, upload_url: null, sent_bytes: 0, total_bytes: 100, created_at: '', done_at: null, ...fields,
})

describe('what to do after trouble', () => {
  test.each([
    ['no network', new Unreachable(), 'wait'],
    ['a server error', problem(503, 'storage.away'), 'wait'],
    ['a lock held elsewhere', problem(423, 'upload.locked'), 'wait'],
    ['too many requests', problem(429, 'limit'), 'wait'],
    ['not a photo', problem(415, 'upload.not_a_photo'), 'fail'],
    ['too large', problem(413, 'upload.too_large'), 'fail'],
    ['damaged on the way', problem(460, 'upload.checksum_mismatch'), 'anew'],
    ['signed out', problem(401, 'session.expired'), 'sign_in'],
    ['forbidden', problem(403, 'forbidden'), 'fail'],
    ['a bug of ours', new TypeError('x'), 'fail'],
  ])('%s', (_name, error, next) => {
    expect(judge(error, entry()).next).toBe(next)
  })

  test('an upload address that is gone means starting anew; a visit that is gone is for a person', () => {
    expect(judge(problem(404, 'upload.unknown'), entry({ upload_url: '/uploads/1' })).next).toBe('anew')
    expect(judge(problem(404, 'visit.unknown'), entry({ kind: 'submit' })).next).toBe('fail')
  })

  test.each([409, 423])('an upload out of step (%i) goes on soon, however often it was offline before', (status) => {
    const code = status === 409 ? 'upload.offset_differs' : 'upload.locked'
    const outcome = judge(problem(status, code), entry({ attempts: 30 }), () => 1)
    expect(outcome).toMatchObject({ next: 'wait', waitMs: 32_000 })
  })

  test('another file under the same id is for a person', () => {
    expect(judge(problem(409, 'media.content_differs'), entry()).next).toBe('fail')
  })

  test('waits grow, have a ceiling, and are spread', () => {
    expect(backoffMs(0, () => 1)).toBe(2000)
    expect(backoffMs(3, () => 1)).toBe(16000)
    expect(backoffMs(30, () => 1)).toBe(300000)
    expect(backoffMs(3, () => 0)).toBe(8000)
  })

  test("the server's Retry-After is kept to", () => {
    const busy = Object.assign(problem(503, 'busy'), { retryAfterS: 120 })
    expect(judge(busy, entry())).toMatchObject({ next: 'wait', waitMs: 120_000 })
  })
})

describe('why something waits', () => {
  const visit = entry({ id: 'visit:v', kind: 'visit', state: 'done' })
  const uploads = [1, 2, 3].map((n) => entry({ id: `upload:${n}`, state: n === 1 ? 'done' : 'waiting' }))
  const submit = entry({ id: 'submit:v', kind: 'submit', after: ['visit:v', 'upload:1', 'upload:2', 'upload:3'] })

  test('a submit says how many photos it still waits for', () => {
    const why = whyOf(submit, [visit, ...uploads, submit], true)
    expect(why).toEqual({ kind: 'after_uploads', done: 1, total: 3, failed: 0 })
  })

  test('offline is said before anything the server said earlier', () => {
    const busy = entry({ trouble: { kind: 'server_busy', status: 503, code: 'x', text: 'busy' } })
    expect(whyOf(busy, [busy], false)).toEqual({ kind: 'offline' })
    expect(whyOf(busy, [busy], true)).toEqual({ kind: 'later', at: 0, said: 'busy' })
  })

  test('a refusal repeats what the server said', () => {
    const refused = entry({ state: 'failed', trouble: { kind: 'rejected', status: 415, code: 'c', text: 'Not a photo' } })
    expect(whyOf(refused, [refused], true)).toEqual({ kind: 'rejected', said: 'Not a photo', status: 415 })
  })
})
