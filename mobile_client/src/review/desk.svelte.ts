import { ServerProblem, Unreachable } from '../api/problems'
import type { Page } from '../api/types'
import type { ApiClient } from '../api/client'
import { newId } from '../offline/ids'
import { type AnswerBody, bodyOf, nextOpen, openCount, type QueueSize, type ReviewItem, type Shape, shapesOf, withAnswer } from './model'

const AHEAD = 20
const REFILL_BELOW = 6
const AGAIN_MS = 4_000
/** Links to pictures are good for five minutes. */
const FRESH_MS = 4 * 60_000

/** Where answers wait until the server has them: they outlive the page. */
export interface Keep {
  load(): Promise<Pending[]>
  save(pending: Pending[]): Promise<void>
}

export interface Pending {
  item: ReviewItem
  body: AnswerBody
}

/**
 * The reviewer's desk: a few questions ahead, answers on their way. The next photo is there at once; an answer is kept on
 * the phone until the server has it, and one that met another person's is shown to its author.
 */
export class Desk {
  queue = $state.raw<ReviewItem[]>([])
  shapes = $state<Shape[]>([])
  selected = $state<string | null>(null)
  noShelf = $state(false)
  /** Stays as the reviewer left it: someone who looks at whole photos does so for all. */
  complete = $state(false)
  size = $state.raw<QueueSize | null>(null)
  pending = $state.raw<Pending[]>([])
  last = $state.raw<Pending | null>(null)
  conflict = $state.raw<{ mine: Pending; theirs: ReviewItem } | null>(null)
  problem = $state('')
  loading = $state(true)
  offline = $state(false)
  #handled = new Set<string>()
  #sending = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #fetchedAt = 0

  constructor(
    private readonly client: ApiClient,
    private readonly keep: Keep,
  ) {}

  get item(): ReviewItem | undefined {
    return this.queue[0]
  }

  get open(): number {
    return this.noShelf ? 0 : openCount(this.shapes)
  }

  get left(): number {
    const known = (this.size?.waiting ?? 0) - this.pending.length
    return Math.max(known, this.queue.length)
  }

  async start(first?: string): Promise<void> {
    this.pending = await this.keep.load()
    for (const { item } of this.pending) this.#handled.add(item.id)
    await this.refill(first)
    void this.#send()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  async refill(first?: string): Promise<void> {
    try {
      const [page, size] = await Promise.all([
        this.client.get<Page<ReviewItem>>('/review/items', { limit: AHEAD }),
        this.client.get<QueueSize>('/review/summary'),
      ])
      const wanted = first ? [await this.client.get<ReviewItem>(`/review/items/${first}`)] : []
      const before = this.item?.id
      const fresh = [...wanted, ...page.items].filter((item, n, all) => !this.#handled.has(item.id) && all.findIndex(({ id }) => id === item.id) === n)
      // The photo on the desk stays on the desk.
      const here = fresh.find(({ id }) => id === before) ?? this.item
      this.queue = here && !this.#handled.has(here.id) ? [here, ...fresh.filter(({ id }) => id !== here.id)] : fresh
      this.size = size
      this.offline = false
      this.#fetchedAt = Date.now()
      if (this.item?.id !== before) this.#lay()
    } catch (error) {
      this.#failed(error)
    } finally {
      this.loading = false
    }
  }

  select(key: string | null): void {
    this.selected = key
  }

  /** Answer the selected box and go on to the next that has no answer. */
  say(yes: boolean): void {
    const shape = this.shapes.find(({ key }) => key === this.selected)
    if (!shape) return
    if (shape.index === null && !yes) this.shapes = this.shapes.filter(({ key }) => key !== shape.key)
    else shape.says = yes
    this.selected = nextOpen(this.shapes, shape.key)?.key ?? (yes ? shape.key : null)
  }

  step(by: 1 | -1): void {
    if (this.shapes.length === 0) return
    const at = this.shapes.findIndex(({ key }) => key === this.selected)
    this.selected = this.shapes[(at + by + this.shapes.length) % this.shapes.length]!.key
  }

  add(box: Shape['box']): void {
    const shape: Shape = { key: `n${newId()}`, index: null, box, score: null, asked: false, says: true, moved: false }
    this.shapes.push(shape)
    this.selected = shape.key
  }

  move(key: string, box: Shape['box']): void {
    const shape = this.shapes.find((one) => one.key === key)
    if (!shape) return
    shape.box = box
    shape.moved = true
    shape.says = true
  }

  /** Keep the answer and show the next photo; it is sent behind the reviewer's back. */
  async send(): Promise<void> {
    const item = this.item
    if (!item || this.open > 0) return
    const body = bodyOf(newId(), item.version, $state.snapshot(this.shapes) as Shape[], this.noShelf, this.complete)
    this.last = { item, body }
    this.#handled.add(item.id)
    this.pending = [...this.pending, this.last]
    this.queue = this.queue.slice(1)
    this.#lay()
    await this.keep.save(this.pending)
    void this.#send()
    if (this.queue.length < REFILL_BELOW || Date.now() - this.#fetchedAt > FRESH_MS) void this.refill()
  }

  /** Put the photo behind the others without an answer. */
  skip(): void {
    if (this.queue.length < 2) return
    this.queue = [...this.queue.slice(1), this.queue[0]!]
    this.#lay()
  }

  /** Take the latest answer back; its photo comes again with the answer on it. */
  async undo(): Promise<void> {
    const last = this.last
    if (!last) return
    this.problem = ''
    try {
      await this.#flush()
      const now = await this.client.get<ReviewItem>(`/review/items/${last.item.id}`)
      const back = await this.client.post<ReviewItem>(`/review/items/${last.item.id}/undo`, { version: now.version })
      this.last = null
      this.#handled.delete(back.id)
      this.queue = [back, ...this.queue.filter(({ id }) => id !== back.id)]
      this.#lay(last.body)
    } catch (error) {
      this.#failed(error)
    }
  }

  /** Two people answered the same photo: the author decides which answer holds. */
  async settle(mine: boolean): Promise<void> {
    const met = this.conflict
    if (!met) return
    this.conflict = null
    if (mine) this.pending = [...this.pending, { item: met.theirs, body: { ...met.mine.body, id: newId(), version: met.theirs.version } }]
    await this.keep.save(this.pending)
    void this.#send()
  }

  #lay(answer?: AnswerBody): void {
    this.shapes = this.item ? (answer ? withAnswer(this.item, answer) : shapesOf(this.item)) : []
    this.noShelf = answer?.no_shelf ?? false
    this.selected = nextOpen(this.shapes)?.key ?? null
  }

  async #send(): Promise<void> {
    if (this.#sending) return
    this.#sending = true
    clearTimeout(this.#timer)
    try {
      await this.#flush()
    } catch (error) {
      this.#failed(error)
      this.#timer = setTimeout(() => void this.#send(), AGAIN_MS)
    } finally {
      this.#sending = false
    }
  }

  async #flush(): Promise<void> {
    for (let next = this.pending[0]; next && !this.conflict; next = this.pending[0]) {
      try {
        await this.client.post(`/review/items/${next.item.id}/answer`, next.body)
        this.offline = false
      } catch (error) {
        if (!(error instanceof ServerProblem) || error.status === 401 || error.status === 429 || error.status >= 500) throw error
        if (error.code !== 'review.stale') this.problem = error.message
        else await this.#meet(next)
      }
      this.pending = this.pending.filter((one) => one !== next)
      await this.keep.save(this.pending)
      if (this.size) this.size = { ...this.size, waiting: Math.max(0, this.size.waiting - 1) }
    }
  }

  async #meet(mine: Pending): Promise<void> {
    const theirs = await this.client.get<ReviewItem>(`/review/items/${mine.item.id}`)
    if (theirs.answer === null) {
      // Answered and taken back meanwhile: nobody's answer is in the way.
      this.pending = [...this.pending, { item: theirs, body: { ...mine.body, id: newId(), version: theirs.version } }]
      return
    }
    this.conflict = { mine, theirs }
  }

  #failed(error: unknown): void {
    if (error instanceof Unreachable) this.offline = true
    else if (error instanceof ServerProblem) this.problem = error.message
    else throw error
  }
}
