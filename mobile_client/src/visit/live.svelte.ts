import { readEvents } from '../api/events'
import type { LiveProgress } from '../api/types'
import { app } from '../app/context'

const AGAIN_MS = 3_000

/**
 * Follows a visit's analysis. The stream is only a hint: after each event the screen reads the visit itself, and when the
 * stream breaks it is opened again until the analysis has settled.
 */
export class LiveVisit {
  progress = $state.raw<LiveProgress>()
  #stop = new AbortController()

  constructor(
    private readonly visitId: string,
    private readonly onProgress: () => void,
  ) {}

  async follow(): Promise<void> {
    while (!this.#stop.signal.aborted && !this.progress?.settled) {
      try {
        await this.#once()
      } catch (error) {
        if (this.#stop.signal.aborted) return
        console.info('live stream ended', error)
      }
      if (this.progress?.settled) return
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
      this.onProgress()
    }
  }

  stop(): void {
    this.#stop.abort()
  }

  async #once(): Promise<void> {
    const response = await app().client.stream(`/visits/${this.visitId}/live`, this.#stop.signal)
    if (!response.body) return
    for await (const { event, data } of readEvents(response.body)) {
      if (event !== 'progress') continue
      this.progress = JSON.parse(data) as LiveProgress
      this.onProgress()
      if (this.progress.settled) return
    }
  }
}
