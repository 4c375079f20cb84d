import { API } from '../api/client'
import { parseProblem, ServerProblem, Unreachable } from '../api/problems'
import { app } from '../app/context'
import { currentLanguage } from '../i18n/index.svelte'
import type { ArtworkView } from './model'

export const LARGEST = 30 * 1024 * 1024

/** Sends a picture as it is. The id is made before, so that trying again is the same request. */
export async function sendArtwork(campaignId: string, artworkId: string, file: Blob): Promise<ArtworkView> {
  const send = async (token: string) => {
    try {
      return await fetch(`${API}/campaigns/${campaignId}/artworks/${artworkId}`, {
        method: 'PUT',
        headers: { Authorization: `Bearer ${token}`, 'Accept-Language': currentLanguage(), 'Content-Type': file.type || 'application/octet-stream' },
        body: file,
        credentials: 'same-origin',
      })
    } catch (error) {
      throw new Unreachable(error)
    }
  }
  let answer = await send(await app().client.accessToken())
  if (answer.status === 401) answer = await send(await app().client.renew())
  if (!answer.ok) throw parseProblem(answer.status, await answer.text().catch(() => ''), answer.headers.get('Retry-After'))
  return (await answer.json()) as ArtworkView
}

/** Why it did not work, in words. */
export function reasonOf(error: unknown, offline: string, unexpected: string): string {
  if (error instanceof Unreachable) return offline
  return error instanceof ServerProblem ? error.message : unexpected
}
