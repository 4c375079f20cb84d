import { describe, expect, test } from 'vitest'
import { ApiClient } from '../../src/api/client'
import { readEvents } from '../../src/api/events'
import { parseProblem, ServerProblem, Unreachable } from '../../src/api/problems'

interface Seen {
  path: string
  authorization: string | null
}

/** A server that knows which access token is good. */
class Server {
  good = 'a1'
  refreshes = 0
  seen: Seen[] = []
  down = false
  refreshStatus = 200

  fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    if (this.down) throw new TypeError('network')
    const path = String(input)
    const authorization = new Headers(init?.headers).get('Authorization')
    this.seen.push({ path, authorization })
    if (path.endsWith('/session')) return Response.json({ access_token: this.good, expires_in: 600 })
    if (path.endsWith('/session/refresh')) {
      this.refreshes++
      await new Promise((resolve) => setTimeout(resolve, 1))
      return this.refreshStatus === 200 ? Response.json({ access_token: this.good, expires_in: 600 }) : refusal(this.refreshStatus)
    }
    return authorization === `Bearer ${this.good}` ? Response.json({ ok: true }) : refusal(401)
  }
}

const refusal = (status: number) => Response.json({ code: 'some.code', title: 'T', detail: 'D', status }, { status })

function connect(server: Server) {
  const state = { now: 0, signedOut: 0, reached: [] as boolean[] }
  const client = new ApiClient({
    fetch: server.fetch,
    now: () => state.now,
    language: () => 'zh',
    exclusive: (work) => work(),
    onReached: (reached) => state.reached.push(reached),
    onSignedOut: () => state.signedOut++,
  })
  return { client, state }
}

describe('signing in and staying signed in', () => {
  test('a request carries the access token', async () => {
    const server = new Server()
    const { client } = connect(server)
    await client.signIn('w', 'x')
    await client.get('/visits', { state: 'planned', store_id: null })
    expect(server.seen.at(-1)).toEqual({ path: '/api/v1/visits?state=planned', authorization: 'Bearer a1' })
  })

  test('many requests at once cause one refresh', async () => {
    const server = new Server()
    const { client } = connect(server)
    await Promise.all([client.get('/a'), client.get('/b'), client.get('/c')])
    expect(server.refreshes).toBe(1)
  })

  test('a token that is about to end is renewed before use', async () => {
    const server = new Server()
    const { client, state } = connect(server)
    await client.get('/a')
    state.now = 590_000
    await client.get('/a')
    expect(server.refreshes).toBe(2)
  })

  test('a token the server no longer takes is renewed once and the request repeated', async () => {
    const server = new Server()
    const { client } = connect(server)
    await client.get('/a')
    server.good = 'a2'
    expect(await client.get('/a')).toEqual({ ok: true })
    expect(server.refreshes).toBe(2)
  })

  test('a refused refresh token means signed out, said as 401', async () => {
    const server = new Server()
    server.refreshStatus = 401
    const { client, state } = connect(server)
    await expect(client.get('/a')).rejects.toMatchObject({ status: 401 })
    expect(state.signedOut).toBe(1)
  })

  test('a server in trouble does not sign anybody out', async () => {
    const server = new Server()
    server.refreshStatus = 503
    const { client, state } = connect(server)
    await expect(client.get('/a')).rejects.toMatchObject({ status: 503 })
    expect(state.signedOut).toBe(0)
  })

  test('no network is its own error, and is noticed', async () => {
    const server = new Server()
    server.down = true
    const { client, state } = connect(server)
    await expect(client.get('/a')).rejects.toBeInstanceOf(Unreachable)
    expect(state).toMatchObject({ signedOut: 0, reached: [false] })
  })
})

describe('problems', () => {
  test('carry what the server says to people', () => {
    const problem = parseProblem(415, '{"code":"upload.not_a_photo","title":"T","detail":"Not a photo"}', '7')
    expect(problem).toMatchObject({ status: 415, code: 'upload.not_a_photo', message: 'Not a photo', retryAfterS: 7 })
  })

  test.each(['', '<html>', '[]', 'null', '"x"'])('a body like %j still gives a problem', (body) => {
    expect(parseProblem(502, body)).toBeInstanceOf(ServerProblem)
    expect(parseProblem(502, body).code).toBe('http.502')
  })
})

describe('live events', () => {
  const read = async (...chunks: string[]) => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk))
        controller.close()
      },
    })
    const events = []
    for await (const event of readEvents(body)) events.push(event)
    return events
  }

  test('are put together from pieces cut anywhere', async () => {
    expect(await read('event: prog', 'ress\ndata: {"a"', ':1}\n', '\n: beat\n\nevent: progress\ndata: {}\n\n')).toEqual([
      { event: 'progress', data: '{"a":1}' },
      { event: 'progress', data: '{}' },
    ])
  })

  test('understand CRLF, even cut in the middle, and drop an unfinished last one', async () => {
    expect(await read('event: progress\r\ndata: 1\r', '\n\r\ndata: half')).toEqual([{ event: 'progress', data: '1' }])
  })
})
