import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { ApiClient } from '../../src/api/client'
import { ServerProblem, Unreachable } from '../../src/api/problems'
import { Desk, type Pending } from '../../src/review/desk.svelte'
import { bodyOf, drawn, nextOpen, type ReviewItem, shapesOf, withAnswer } from '../../src/review/model'

function item(id: string, version = 1): ReviewItem {
  return {
    id, photo_id: `p${id}`, visit_id: 'v', store: { id: 's', name: { zh: '店', en: 'Store' }, code: 'S' }, checkpoint: 'availability.on_shelf',
    reason: 'doubtful', why: [], state: 'waiting', model: 'gap 1', width: 1000, height: 500, open_from: 0.6, limit_rate: 0.08, oos_rate: 0.1,
    asked_at: '2026-11-02T01:30:00Z', settled_at: null, answer: null, image_url: '/i', thumb_url: null, version, rows: [],
    marks: [
      { box: [0, 0, 100, 100], score: 0.5, row: 0, asked: true },
      { box: [200, 0, 300, 100], score: 0.9, row: 0, asked: false },
      { box: [400, 0, 500, 100], score: 0.4, row: 0, asked: true },
    ],
  }
}

/** A server that says what it is told, and what it was sent. */
class Server {
  waiting = ['a', 'b', 'c']
  versions: Record<string, number> = {}
  answers: Record<string, unknown> = {}
  sent: { path: string; body: unknown }[] = []
  fail: unknown = null

  client = { get: (path: string) => this.#get(path), post: (path: string, body: unknown) => this.#post(path, body) } as unknown as ApiClient

  async #get(path: string): Promise<unknown> {
    if (this.fail) throw this.fail
    if (path === '/review/items') return { items: this.waiting.map((id) => item(id, this.versions[id])), next: null }
    if (path === '/review/summary') return { waiting: this.waiting.length, doubtful: this.waiting.length, sample: 0, oldest_at: null }
    const id = path.split('/').at(-1)!
    return { ...item(id, this.versions[id] ?? 1), answer: this.answers[id] ?? null }
  }

  async #post(path: string, body: unknown): Promise<unknown> {
    if (this.fail) throw this.fail
    const [, , , id, what] = path.split('/') as [string, string, string, string, string]
    if ((body as { version: number }).version !== (this.versions[id] ?? 1)) throw new ServerProblem(409, 'review.stale', 'Stale', 'Stale')
    this.sent.push({ path, body })
    this.versions[id] = (this.versions[id] ?? 1) + 1
    this.waiting = what === 'undo' ? [id, ...this.waiting] : this.waiting.filter((one) => one !== id)
    return item(id, this.versions[id])
  }
}

let server: Server
let kept: Pending[]
const keep = { load: async () => structuredClone(kept), save: async (pending: Pending[]) => void (kept = JSON.parse(JSON.stringify(pending)) as Pending[]) }
const settled = () => new Promise((resolve) => setTimeout(resolve, 5))

async function desk(): Promise<Desk> {
  const made = new Desk(server.client, keep)
  await made.start()
  return made
}

beforeEach(() => {
  server = new Server()
  kept = []
  vi.useRealTimers()
})

describe('an answer as it grows', () => {
  it('asks box after box and leaves the others alone', async () => {
    const it = await desk()
    expect([it.selected, it.open]).toEqual(['m0', 2])
    it.say(true)
    expect([it.selected, it.open]).toEqual(['m2', 1])
    it.say(false)
    expect(it.open).toBe(0)
    expect(bodyOf('x', 1, it.shapes, false, true)).toEqual({
      id: 'x', version: 1, no_shelf: false, complete: true,
      boxes: [{ index: 0, verdict: 'gap', box: null }, { index: 2, verdict: 'not_gap', box: null }],
    })
  })

  it('keeps what is drawn and what is moved as boxes of the photo', async () => {
    const it = await desk()
    it.add(drawn(620.4, 80, 600, -20, 1000, 500)!)
    it.move('m0', [0, 10, 90, 100])
    expect(bodyOf('x', 1, it.shapes, false, false).boxes).toEqual([
      { index: 0, verdict: 'adjusted', box: [0, 10, 90, 100] },
      { index: null, verdict: 'missed', box: [600, 0, 620, 80] },
    ])
    expect(drawn(10, 10, 12, 80, 1000, 500)).toBeNull()
  })

  it('forgets a drawn box that is no gap after all', async () => {
    const it = await desk()
    it.add([600, 0, 620, 80])
    it.say(false)
    expect(it.shapes).toHaveLength(3)
  })

  it('needs no boxes where there is no shelf', async () => {
    const it = await desk()
    it.noShelf = true
    expect(it.open).toBe(0)
    expect(bodyOf('x', 1, it.shapes, true, false)).toMatchObject({ boxes: [], no_shelf: true, complete: true })
  })

  it('comes back as it was given', () => {
    const shapes = shapesOf(item('a'))
    shapes[0]!.says = false
    shapes[2]!.says = true
    shapes[2]!.box = [400, 0, 480, 100]
    shapes[2]!.moved = true
    const body = bodyOf('x', 1, shapes, false, false)
    expect(bodyOf('x', 1, withAnswer(item('a'), body), false, false)).toEqual(body)
    expect(nextOpen(withAnswer(item('a'), body))).toBeUndefined()
  })
})

describe('the desk', () => {
  const answer = async (it: Desk) => {
    it.say(true)
    it.say(true)
    await it.send()
    await settled()
  }

  it('shows the next photo at once and counts down', async () => {
    const it = await desk()
    expect([it.item?.id, it.left]).toEqual(['a', 3])
    await answer(it)
    expect([it.item?.id, it.left]).toEqual(['b', 2])
    expect(server.sent.map(({ path }) => path)).toEqual(['/review/items/a/answer'])
    expect(kept).toEqual([])
  })

  it('sends nothing while a box is open', async () => {
    const it = await desk()
    it.say(true)
    await it.send()
    expect([it.item?.id, server.sent.length]).toEqual(['a', 0])
  })

  it('keeps an answer over a lost network and a closed page, and sends the same one', async () => {
    const it = await desk()
    server.fail = new Unreachable()
    await answer(it)
    it.stop()
    expect([it.item?.id, it.offline, kept.length]).toEqual(['b', true, 1])
    server.fail = null
    const again = await desk()
    await settled()
    expect(again.item?.id).toBe('b')
    expect(server.sent.map(({ body }) => (body as { id: string }).id)).toEqual([it.last!.body.id])
    expect(kept).toEqual([])
  })

  it('shows both answers when somebody was quicker, and lets its author decide', async () => {
    const it = await desk()
    server.versions.a = 2
    server.answers.a = { by: 'Li', boxes: [], no_shelf: true }
    await answer(it)
    expect(it.conflict?.theirs.answer?.by).toBe('Li')
    expect(server.sent).toEqual([])
    await it.settle(true)
    await settled()
    expect(server.sent[0]).toMatchObject({ path: '/review/items/a/answer', body: { version: 2 } })
    expect((server.sent[0]!.body as { id: string }).id).not.toBe(it.last!.body.id)
  })

  it('can leave the other answer as it is', async () => {
    const it = await desk()
    server.versions.a = 2
    server.answers.a = { by: 'Li', boxes: [], no_shelf: true }
    await answer(it)
    await it.settle(false)
    await settled()
    expect([it.conflict, server.sent, kept]).toEqual([null, [], []])
  })

  it('answers anew by itself when the quicker answer was taken back', async () => {
    const it = await desk()
    server.versions.a = 3
    await answer(it)
    expect(it.conflict).toBeNull()
    expect(server.sent).toHaveLength(1)
  })

  it('takes the latest answer back and lays it on the photo again', async () => {
    const it = await desk()
    await answer(it)
    await it.undo()
    expect([it.item?.id, it.open, it.last]).toEqual(['a', 0, null])
    expect(it.shapes.filter(({ says }) => says).map(({ key }) => key)).toEqual(['m0', 'm2'])
    await it.send()
    await settled()
    expect(server.sent.map(({ path }) => path.split('/').at(-1))).toEqual(['answer', 'undo', 'answer'])
  })

  it('puts a skipped photo behind the others', async () => {
    const it = await desk()
    it.skip()
    expect(it.queue.map(({ id }) => id)).toEqual(['b', 'c', 'a'])
  })

  it('says what the server has against an answer and goes on', async () => {
    const it = await desk()
    server.fail = new ServerProblem(422, 'review.answer', 'Invalid', 'A box is too small')
    await answer(it)
    expect([it.problem, kept]).toEqual(['A box is too small', []])
    it.stop()
  })
})
