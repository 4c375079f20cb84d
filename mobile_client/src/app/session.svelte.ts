import { ServerProblem, Unreachable } from '../api/problems'
import type { Me, Role } from '../api/types'
import { app } from './context'

const STORED = 'me'
const SIGN_OUT_OWED = 'sign-out-owed'

/** Who is signed in. Known offline too, from the last time; the token itself is never stored by us. */
class Session {
  phase = $state<'starting' | 'signed_out' | 'signed_in'>('starting')
  me = $state.raw<Me | null>(null)
  /** The refresh token was refused while working: shown as a bar, since a half-made visit must not be taken away. */
  expired = $state(false)

  async start(): Promise<void> {
    const stored = ((await app().db.get('kv', STORED)) as Me | undefined) ?? null
    if (!stored) {
      // Nobody signed in here, or they signed out: there is no refresh token to try.
      this.phase = 'signed_out'
      await this.#endAtServer()
      return
    }
    // Known person: show the app at once and ask the server beside it, so that it opens in a basement without delay.
    this.#enter(stored)
    try {
      await this.#load()
    } catch (error) {
      if (!(error instanceof Unreachable) && !isTemporary(error)) this.expired = true
    }
  }

  async signIn(login: string, password: string): Promise<void> {
    await app().client.signIn(login, password)
    await app().db.delete('kv', SIGN_OUT_OWED)
    await this.#load()
    this.expired = false
  }

  /** Leaves this phone: what others may not see goes; unsent work stays and waits for its owner. */
  async signOut(): Promise<void> {
    await app().db.put('kv', true, SIGN_OUT_OWED)
    await app().db.delete('kv', STORED)
    await app().db.clear('cache')
    this.me = null
    this.expired = false
    this.phase = 'signed_out'
    await this.#endAtServer()
  }

  /** Offline the server cannot be told; then the next start does it, unless somebody has signed in meanwhile. */
  async #endAtServer(): Promise<void> {
    if (!(await app().db.get('kv', SIGN_OUT_OWED))) return
    try {
      await app().client.signOut()
      await app().db.delete('kv', SIGN_OUT_OWED)
    } catch (error) {
      console.info('the server was not told of signing out yet', error)
    }
  }

  has(...roles: Role[]): boolean {
    return this.me?.roles.some(({ role }) => roles.includes(role)) ?? false
  }

  get personId(): string {
    return this.me?.id ?? ''
  }

  async #load(): Promise<void> {
    const me = await app().client.get<Me>('/me')
    await app().db.put('kv', $state.snapshot(me), STORED)
    this.#enter(me)
  }

  #enter(me: Me): void {
    this.me = me
    this.phase = 'signed_in'
  }
}

function isTemporary(error: unknown): boolean {
  return error instanceof ServerProblem && error.status !== 401 && error.status !== 403
}

export const session = new Session()
