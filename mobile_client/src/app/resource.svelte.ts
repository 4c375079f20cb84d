import { Unreachable } from '../api/problems'
import { app } from './context'
import { session } from './session.svelte'

/**
 * What a screen shows from the server: data, or why there is none. With a `key` the last answer is kept on the phone, shown
 * at once and again when offline, with the time it is from.
 */
export class Resource<T> {
  data = $state.raw<T | undefined>(undefined)
  error = $state.raw<unknown>(undefined)
  loading = $state(true)
  /** Time of the copy on the phone while that is what is shown; undefined once fresh. */
  savedAt = $state<string | undefined>(undefined)

  constructor(
    private readonly load: () => Promise<T>,
    private readonly key?: () => string,
    /** Another copy on the phone, for when this was never loaded by itself. */
    private readonly otherwise?: () => Promise<{ value: T; saved_at: string } | undefined>,
  ) {
    void this.reload()
  }

  /** `quietly`: what is shown, an error too, stays until there is an answer. */
  async reload(quietly = false): Promise<void> {
    if (!quietly) {
      this.loading = true
      this.error = undefined
    }
    const saved = this.data === undefined ? this.#fromPhone() : undefined
    try {
      this.data = await this.load()
      this.savedAt = undefined
      this.error = undefined
      await this.#toPhone(this.data)
    } catch (error) {
      await saved
      this.error = error
    } finally {
      this.loading = false
    }
  }

  /** Nothing to show at all, and not because we are still waiting. */
  get empty(): boolean {
    return this.data === undefined && !this.loading
  }

  get offline(): boolean {
    return this.error instanceof Unreachable
  }

  async #fromPhone(): Promise<void> {
    if (!this.key) return
    const copy = ((await app().db.get('cache', this.#address())) as { value: T; saved_at: string } | undefined) ?? (await this.otherwise?.())
    if (copy && this.data === undefined) {
      this.data = copy.value
      this.savedAt = copy.saved_at
    }
  }

  async #toPhone(value: T): Promise<void> {
    if (!this.key) return
    await app().db.put('cache', { value, saved_at: new Date().toISOString() }, this.#address())
  }

  #address(): string {
    return `${session.personId} ${this.key?.()}`
  }
}
