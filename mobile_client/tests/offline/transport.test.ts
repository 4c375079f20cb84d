import type { HttpRequest, HttpResponse, HttpStack } from 'tus-js-client'
import { beforeEach, describe, expect, test } from 'vitest'
import { ServerProblem } from '../../src/api/problems'
import type { Media } from '../../src/offline/model'
import { serverTransport } from '../../src/offline/transport'
import { ME, photo, START } from '../helpers/offline'

const CONTENT = 'a photo'
const HASH = 'the hash that the storage read back'

interface Answer {
  status: number
  headers?: Record<string, string>
  body?: unknown
}

/** tus 1.0 in a few lines, with the real tus-js-client on the other side. Says what it is told to first ("PATCH" → answers). */
class FakeUploads implements HttpStack {
  calls: string[] = []
  stored = ''
  first: Record<string, Answer[]> = {}

  getName = () => 'fake'

  createRequest(method: string, url: string): HttpRequest {
    const headers = new Map<string, string>()
    return {
      getMethod: () => method,
      getURL: () => url,
      setHeader: (name, value) => void headers.set(name, value),
      getHeader: (name) => headers.get(name),
      setProgressHandler: () => undefined,
      send: async (body: Blob | null) => {
        this.calls.push(`${method} ${headers.get('Upload-Offset') ?? ''}`.trim())
        return response(this.first[method]?.shift() ?? this.#answer(method, Number(headers.get('Upload-Offset')), await body?.text()))
      },
      abort: () => Promise.resolve(),
      getUnderlyingObject: () => null,
    }
  }

  #answer(method: string, offset: number, sent = ''): Answer {
    if (method === 'POST') return { status: 201, headers: { Location: '/api/v1/uploads/1' } }
    if (method === 'PATCH' && offset !== this.stored.length) return problem(409, 'upload.offset_differs')
    if (method === 'PATCH') this.stored += sent
    const whole = this.stored.length === CONTENT.length
    const headers = { 'Upload-Offset': String(this.stored.length), 'Upload-Length': String(CONTENT.length) }
    return { status: 200, headers: whole ? { ...headers, 'X-Storepatrol-Sha256': HASH } : headers }
  }
}

const problem = (status: number, code: string): Answer => ({ status, body: { code, title: code } })
/** HEAD is answered without a body. */
const bare = (status: number): Answer => ({ status })

function response({ status, headers = {}, body }: Answer): HttpResponse {
  return {
    getStatus: () => status,
    getHeader: (name) => headers[name],
    getBody: () => (body === undefined ? '' : JSON.stringify(body)),
    getUnderlyingObject: () => null,
  }
}

let server: FakeUploads
beforeEach(() => {
  server = new FakeUploads()
})

function send(from: string | null = null): Promise<string | null> {
  const { bytes, label: _, ...rest } = photo('visit-1', CONTENT)
  const media: Media = { ...rest, id: 'photo-1', person_id: ME, size: bytes.byteLength, sha256: 'ours', confirmed: false, captured_at: new Date(START).toISOString() }
  const client = { accessToken: () => Promise.resolve('token'), put: () => Promise.reject(), post: () => Promise.reject() }
  const transport = serverTransport(client, () => 'en', { httpStack: server, askAgainMs: [0, 0, 0] })
  return transport.upload(media, bytes, from, { onUrl: () => undefined, onSent: () => undefined })
}

const trouble = (from: string | null = null) => send(from).then(() => null, (error: unknown) => error as ServerProblem)

describe('an upload', () => {
  test('is created and sent', async () => {
    expect(await send()).toBe(HASH)
    expect(server.calls).toEqual(['POST', 'PATCH 0'])
  })

  test('whose HEAD overtook its own dying PATCH asks again and goes on from where the server really is', async () => {
    server.stored = 'a photo'.slice(0, 4)
    server.first.HEAD = [{ status: 200, headers: { 'Upload-Offset': '2', 'Upload-Length': '7' } }]
    expect(await send('/api/v1/uploads/1')).toBe(HASH)
    expect(server.calls).toEqual(['HEAD', 'PATCH 2', 'HEAD', 'PATCH 4'])
    expect(server.stored).toBe(CONTENT)
  })

  test('that the server knows as complete is not sent again', async () => {
    server.stored = CONTENT
    expect(await send()).toBe(HASH)
    expect(server.calls).toEqual(['POST', 'PATCH 0', 'HEAD'])
  })

  test.each([
    ['PATCH', problem(423, 'upload.locked')],
    ['HEAD', bare(423)],
    ['HEAD', bare(409)],
  ])('held by another request (%s) asks again and goes on', async (method, answer) => {
    server.first[method] = [answer, answer]
    expect(await send('/api/v1/uploads/1')).toBe(HASH)
    expect(server.calls.at(-1)).toBe('PATCH 0')
    expect(server.calls).not.toContain('POST')
  })

  test('held for longer is left to the outbox, with what the server said', async () => {
    server.first.HEAD = Array.from({ length: 9 }, () => bare(423))
    expect(await trouble('/api/v1/uploads/1')).toMatchObject({ name: 'ServerProblem', status: 423 })
    expect(server.calls).toHaveLength(4)
  })

  test.each([401, 404, 410, 429, 503])('whose address is answered with %i is not quietly begun anew: the outbox decides', async (status) => {
    server.first.HEAD = [bare(status)]
    expect(await trouble('/api/v1/uploads/1')).toMatchObject({ status })
    expect(server.calls).toEqual(['HEAD'])
  })

  test.each(['media.content_differs', 'upload.id_taken'])('refused with 409 %s is not tried again', async (code) => {
    server.first.POST = [problem(409, code)]
    expect(await trouble()).toMatchObject({ status: 409, code })
    expect(server.calls).toEqual(['POST'])
  })
})
