import type { Notice, Page } from '../api/types'
import { app } from './context'
import { session } from './session.svelte'

/** The count behind the bell. Asked for when the app comes to the front, not by a timer that drains the phone. */
class Notices {
  unread = $state(0)

  start(): void {
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && void this.look())
  }

  async look(): Promise<void> {
    if (session.phase !== 'signed_in') return
    try {
      const page = await app().client.get<Page<Notice>>('/notifications', { unread: true, limit: 100 })
      this.unread = page.items.length
    } catch {
      // Offline or busy: the old count is as good as any; screens that matter show their own errors.
    }
  }
}

export const notices = new Notices()
