import type { ChecklistVersion } from '../api/types'
import { app } from '../app/context'
import { outbox } from '../app/outbox.svelte'
import { saveAnswer } from '../offline/drafts'
import { dropMedia, mediaOf } from '../offline/media'
import type { Draft, DraftAnswer, Media } from '../offline/model'
import { keptVersion } from './ahead'

/** A visit on this phone as a screen works with it: the answer shows at once, the write follows in order. */
export class OpenDraft {
  draft = $state.raw<Draft | undefined>(undefined)
  media = $state.raw<Media[]>([])
  version = $state.raw<ChecklistVersion | undefined>(undefined)
  loading = $state(true)
  problem = $state.raw<unknown>(undefined)
  #writes: Promise<unknown> = Promise.resolve()

  constructor(private readonly visitId: () => string) {
    void this.load()
  }

  async load(): Promise<void> {
    this.loading = true
    this.problem = undefined
    try {
      this.draft = await app().db.get('drafts', this.visitId())
      await this.loadMedia()
      if (this.draft) this.version = await keptVersion(app().db, (path) => app().client.get(path), this.draft.checklist_version_id)
    } catch (error) {
      this.problem = error
    } finally {
      this.loading = false
    }
  }

  async loadMedia(): Promise<void> {
    this.media = await mediaOf(app().db, this.visitId())
  }

  answer(itemId: string, change: Partial<DraftAnswer>): void {
    const draft = this.draft
    if (!draft) return
    const before = draft.answers[itemId] ?? { value: null, comment: '', not_applicable: false }
    this.draft = { ...draft, answers: { ...draft.answers, [itemId]: { ...before, ...change } } }
    this.#writes = this.#writes
      .then(() => saveAnswer(app().db, draft.visit_id, itemId, change, new Date()))
      .catch((error: unknown) => (this.problem = error))
  }

  async drop(media: Media): Promise<void> {
    await dropMedia(app().db, media.id)
    outbox.changed()
    await this.loadMedia()
  }

  /** All taps written: before leaving or submitting. */
  settled(): Promise<unknown> {
    return this.#writes
  }
}
