/** What can go wrong between the app and the server. */

/** No answer at all: no network, server down, or the connection was cut. Trying again later is right. */
export class Unreachable extends Error {
  constructor(cause?: unknown) {
    super('the server cannot be reached', { cause })
    this.name = 'Unreachable'
  }
}

/** The server's word that something is wrong, as RFC 9457 problem+json. `title` and `detail` are for people. */
export class ServerProblem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    readonly retryAfterS: number | null = null,
  ) {
    super(detail || title || code || `HTTP ${status}`)
    this.name = 'ServerProblem'
  }
}

export function parseProblem(status: number, body: string, retryAfter: string | null = null): ServerProblem {
  const fields = parseObject(body)
  const text = (name: string) => (typeof fields[name] === 'string' ? (fields[name] as string) : '')
  const seconds = retryAfter && /^\d+$/.test(retryAfter) ? Number(retryAfter) : null
  return new ServerProblem(status, text('code') || `http.${status}`, text('title'), text('detail'), seconds)
}

function parseObject(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    // A proxy's HTML page, say: the status alone must do.
    return {}
  }
}
