import type { Entry } from '../offline/model'
import { pruneSent } from '../offline/keep'
import { entriesOf, networkBack } from '../offline/outbox'
import { runOutbox } from '../offline/sender'
import { serverTransport } from '../offline/transport'
import { currentLanguage } from '../i18n/index.svelte'
import { app } from './context'
import { network } from './network.svelte'
import { session } from './session.svelte'

/** The outbox as the screens see it, and the thing that keeps it moving. */
class Outbox {
  entries = $state.raw<Entry[]>([])
  #channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('storepatrol-outbox') : null
  #queued = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #refreshing = false
  #refreshAgain = false

  start(): void {
    network.onBack(() => void this.#back())
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && void this.#back())
    this.#channel?.addEventListener('message', () => void this.#refresh())
    void pruneSent(app().db, Date.now())
  }

  get waiting(): Entry[] {
    return this.entries.filter((entry) => entry.state !== 'done')
  }

  get failed(): Entry[] {
    return this.entries.filter((entry) => entry.state === 'failed')
  }

  /** Something may be sendable: look. Many calls are one run; another tab's run is waited for, then we look ourselves. */
  poke(): void {
    void this.#refresh()
    clearTimeout(this.#timer)
    if (this.#queued || network.cutOff || session.phase !== 'signed_in') return
    this.#queued = true
    void app()
      .exclusive('outbox', () => this.#run())
      .catch((error: unknown) => console.error('outbox', error))
  }

  async #back(): Promise<void> {
    await networkBack(app().db)
    this.poke()
  }

  /** Shows changes made by the screens (photo kept, visit sealed) and starts sending them. */
  changed(): void {
    this.#channel?.postMessage('changed')
    this.poke()
  }

  async #run(): Promise<void> {
    this.#queued = false
    const personId = session.personId
    const { db, client } = app()
    const end = await runOutbox({
      db,
      transport: serverTransport(client, currentLanguage),
      personId,
      now: Date.now,
      onChange: () => {
        this.#channel?.postMessage('changed')
        void this.#refresh()
      },
      stopped: () => session.personId !== personId || session.phase !== 'signed_in' || session.expired || network.cutOff,
    })
    if (end.why === 'idle' && end.nextAt !== null) this.#wakeAt(end.nextAt)
  }

  #wakeAt(at: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.poke(), Math.max(500, at - Date.now()))
  }

  /** One read at a time; changes meanwhile cause exactly one more. */
  async #refresh(): Promise<void> {
    if (this.#refreshing) {
      this.#refreshAgain = true
      return
    }
    this.#refreshing = true
    try {
      do {
        this.#refreshAgain = false
        this.entries = await entriesOf(app().db, session.personId)
      } while (this.#refreshAgain)
    } finally {
      this.#refreshing = false
    }
  }
}

export const outbox = new Outbox()

/** By hand: everything that waits for its next attempt may go at once. */
export async function hurry(): Promise<void> {
  const tx = app().db.transaction('outbox', 'readwrite')
  for (const entry of await tx.store.getAll()) {
    if (entry.state === 'waiting' && entry.next_at > 0) await tx.store.put({ ...entry, next_at: 0 })
  }
  await tx.done
  outbox.changed()
}
