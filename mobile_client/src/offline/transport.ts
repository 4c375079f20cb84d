import { type DetailedError, type HttpStack, Upload } from 'tus-js-client'
import { API, type ApiClient } from '../api/client'
import { parseProblem, ServerProblem, Unreachable } from '../api/problems'
import type { Media } from './model'
import { outOfStep } from './outcome'
import type { Transport } from './sender'
import { proofMetadata } from './proof'

/** Small enough to keep what arrived when a basement's network drops, large enough not to crawl on a good one. */
const CHUNK_BYTES = 1024 * 1024
/**
 * Pauses before asking (HEAD) where an upload stands and going on from there, when the server is ahead of us or still busy with
 * a request of ours that died. Within one attempt, for this heals in seconds; every other trouble is the outbox's to judge.
 */
const ASK_AGAIN_MS = [500, 1500, 3000]
const HASH_HEADER = 'X-Storepatrol-Sha256'

export interface TransportParts {
  httpStack?: HttpStack
  askAgainMs?: number[]
}

/** The real way to the server: JSON over the API client, files over tus. */
export function serverTransport(
  client: Pick<ApiClient, 'accessToken' | 'put' | 'post'>,
  language: () => string,
  { httpStack, askAgainMs = ASK_AGAIN_MS }: TransportParts = {},
): Transport {
  return {
    putVisit: async (id, body) => void (await client.put(`/visits/${id}`, body)),
    submitVisit: async (id, body) => void (await client.post(`/visits/${id}/submit`, body)),
    correctNote: async (id, { note_id, version, change }) => {
      if (change.kind === 'text') await client.post(`/voice-notes/${note_id}/text`, { id, version, text: change.text })
      else {
        const { issue_id, verdict, checkpoint, polarity = null } = change
        await client.post(`/voice-notes/${note_id}/answer`, { id, version, issue_id, verdict, checkpoint, polarity })
      }
    },
    upload: (media, bytes, uploadUrl, progress) =>
      new Promise((resolve, reject) => {
        let hash: string | null = null
        const upload: Upload = new Upload(new Blob([bytes], { type: media.media_type }), {
          // With an address and no endpoint, tus goes on there or says why not; it never begins anew by itself.
          endpoint: uploadUrl ? null : `${API}/uploads`,
          uploadUrl,
          ...(httpStack ? { httpStack } : {}),
          chunkSize: CHUNK_BYTES,
          metadata: metadataOf(media),
          // The outbox keeps addresses and decides on retries: it knows the order of things and survives a kill.
          retryDelays: askAgainMs,
          onShouldRetry: isOutOfStep,
          storeFingerprintForResuming: false,
          onBeforeRequest: async (request) => {
            request.setHeader('Authorization', `Bearer ${await client.accessToken()}`)
            request.setHeader('Accept-Language', language())
          },
          onAfterResponse: (_request, response) => {
            hash = response.getHeader(HASH_HEADER) ?? hash
          },
          onUploadUrlAvailable: () => {
            upload.options.endpoint = null
            if (upload.url) progress.onUrl(upload.url)
          },
          onChunkComplete: (_size, accepted) => progress.onSent(accepted),
          onError: (error) => reject(translate(error)),
          onSuccess: () => resolve(hash),
        })
        upload.start()
      }),
  }
}

function isOutOfStep(error: Error | DetailedError): boolean {
  const problem = translate(error)
  return problem instanceof ServerProblem && outOfStep(problem)
}

function metadataOf(media: Media): Record<string, string> {
  const owner: Record<string, string> = media.kind === 'after' ? { task_id: media.group } : { visit_id: media.group }
  return {
    kind: media.kind,
    id: media.id,
    ...owner,
    ...(media.item_id ? { item_id: media.item_id } : {}),
    filename: media.filename,
    filetype: media.media_type,
    sha256: media.sha256,
    captured_at: media.captured_at,
    source: media.source,
    ...proofMetadata(media.proof),
  }
}

function translate(error: Error | DetailedError): Error {
  const response = 'originalResponse' in error ? error.originalResponse : null
  if (response && response.getStatus() > 0) {
    return parseProblem(response.getStatus(), response.getBody() ?? '', response.getHeader('Retry-After') ?? null)
  }
  // Thrown by our own hook (signed out, unreachable while renewing the token): keep what it says.
  const cause = 'causingError' in error ? error.causingError : null
  if (error.name === 'ServerProblem' || error.name === 'Unreachable') return error
  if (cause?.name === 'ServerProblem' || cause?.name === 'Unreachable') return cause
  return new Unreachable(error)
}
