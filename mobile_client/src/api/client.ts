import { parseProblem, ServerProblem, Unreachable } from './problems'
import type { SessionAnswer } from './types'

export const API = '/api/v1'

/** Renew a little before the token really ends, so that a slow upload does not start with a dying one. */
const RENEW_BEFORE_MS = 30_000

export type Query = Record<string, string | number | boolean | null | undefined>

export interface RequestOptions {
  body?: unknown
  query?: Query
  signal?: AbortSignal
}

export interface ClientParts {
  fetch: typeof fetch
  now: () => number
  language: () => string
  /** Runs `work` alone among all tabs: two tabs must not rotate one refresh token at the same time. */
  exclusive: <T>(work: () => Promise<T>) => Promise<T>
  /** Told of every answer (true) and of every attempt without one (false). */
  onReached: (reached: boolean) => void
  /** The refresh token is no longer good: the person has to sign in again. */
  onSignedOut: () => void
}

/** The one way to the server. Keeps the access token in memory only; the refresh token is a cookie scripts cannot read. */
export class ApiClient {
  #token: { value: string; expiresAt: number } | null = null
  #renewing: Promise<string> | null = null

  constructor(private readonly parts: ClientParts) {}

  get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
    return this.request<T>('GET', path, { query, signal })
  }

  post<T>(path: string, body?: unknown): Promise<T> {
    return this.request<T>('POST', path, { body })
  }

  put<T>(path: string, body: unknown): Promise<T> {
    return this.request<T>('PUT', path, { body })
  }

  async request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const response = await this.#authorized(method, path, options)
    return (response.status === 204 ? undefined : await readJson(response)) as T
  }

  /** A file: the whole response, for its bytes. */
  download(path: string): Promise<Response> {
    return this.#authorized('GET', path, {}, '*/*')
  }

  /** A response whose body is read as it comes (live events). */
  stream(path: string, signal: AbortSignal): Promise<Response> {
    return this.#authorized('GET', path, { signal }, 'text/event-stream')
  }

  async signIn(login: string, password: string): Promise<void> {
    const body = { login, password, keep: 'cookie' }
    const response = await this.#send('POST', '/session', { body }, null)
    this.#keep((await readJson(response)) as SessionAnswer)
  }

  async signOut(): Promise<void> {
    this.#token = null
    // The refresh cookie alone says whose session it is; an access token that ran out must not stand in the way.
    await this.#send('DELETE', '/session', {}, null)
  }

  /** An access token good for at least the next half minute. Throws Unreachable, or ServerProblem 401 when signed out. */
  async accessToken(): Promise<string> {
    if (this.#token && this.#token.expiresAt - RENEW_BEFORE_MS > this.parts.now()) return this.#token.value
    return this.renew()
  }

  /** Single flight: however many requests ask, one refresh is sent. */
  renew(): Promise<string> {
    this.#renewing ??= this.parts.exclusive(() => this.#refresh()).finally(() => {
      this.#renewing = null
    })
    return this.#renewing
  }

  async #refresh(): Promise<string> {
    try {
      const response = await this.#send('POST', '/session/refresh', { body: {} }, null)
      return this.#keep((await readJson(response)) as SessionAnswer)
    } catch (error) {
      if (error instanceof ServerProblem && error.status < 500 && error.status !== 429) {
        this.#token = null
        this.parts.onSignedOut()
        throw new ServerProblem(401, error.code, error.title, error.detail)
      }
      throw error
    }
  }

  #keep(answer: SessionAnswer): string {
    this.#token = { value: answer.access_token, expiresAt: this.parts.now() + answer.expires_in * 1000 }
    return answer.access_token
  }

  async #authorized(method: string, path: string, options: RequestOptions, accept?: string): Promise<Response> {
    const token = await this.accessToken()
    try {
      return await this.#send(method, path, options, token, accept)
    } catch (error) {
      // The server may know better than our clock: renew once, whatever we thought of the token.
      if (!(error instanceof ServerProblem) || error.status !== 401) throw error
      return this.#send(method, path, options, await this.renew(), accept)
    }
  }

  async #send(
    method: string,
    path: string,
    { body, query, signal }: RequestOptions,
    token: string | null,
    accept = 'application/json',
  ): Promise<Response> {
    const headers: Record<string, string> = { Accept: accept, 'Accept-Language': this.parts.language() }
    if (token) headers.Authorization = `Bearer ${token}`
    if (body !== undefined) headers['Content-Type'] = 'application/json'
    let response: Response
    try {
      response = await this.parts.fetch(`${API}${path}${queryString(query)}`, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        credentials: 'same-origin',
        cache: 'no-store',
        signal,
      })
    } catch (error) {
      if (signal?.aborted) throw error
      this.parts.onReached(false)
      throw new Unreachable(error)
    }
    this.parts.onReached(true)
    if (response.ok) return response
    throw parseProblem(response.status, await response.text().catch(() => ''), response.headers.get('Retry-After'))
  }
}

/** The headers can arrive and the body not: that, too, is an unreachable server. */
async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch (error) {
    throw new Unreachable(error)
  }
}

function queryString(query: Query | undefined): string {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== null && value !== undefined && value !== '')
  if (pairs.length === 0) return ''
  return `?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}`
}
