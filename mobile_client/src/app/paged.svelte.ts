import type { Page } from '../api/types'
import type { Query } from '../api/client'
import { app } from './context'
import { Resource } from './resource.svelte'

/** A list that comes page by page; the first page is kept on the phone. */
export class PagedList<T> {
  readonly first: Resource<Page<T>>
  #more = $state.raw<T[]>([])
  #next = $state<string | null | undefined>(undefined)
  busy = $state(false)

  constructor(
    private readonly path: string,
    private readonly query: Query,
  ) {
    this.first = new Resource(
      () => app().client.get<Page<T>>(path, { limit: 50, ...query }),
      () => `${path} ${JSON.stringify(query)}`,
    )
  }

  get items(): T[] {
    return [...(this.first.data?.items ?? []), ...this.#more]
  }

  get next(): string | null {
    return this.#next === undefined ? (this.first.data?.next ?? null) : this.#next
  }

  async more(): Promise<void> {
    if (!this.next || this.busy) return
    this.busy = true
    try {
      const page = await app().client.get<Page<T>>(this.path, { limit: 50, ...this.query, cursor: this.next })
      this.#more = [...this.#more, ...page.items]
      this.#next = page.next
    } finally {
      this.busy = false
    }
  }
}
