/** What a phone can say about the taking of a photo. Every part may be missing; none keeps a photo from being sent. */
export interface Proof {
  /** From the server, for this person and store; one for each photo. */
  nonce?: string
  position?: 'given' | 'refused' | 'unavailable'
  latitude?: number
  longitude?: number
  accuracy_m?: number
  /** To be added to this phone's clock to have the server's. */
  clock_offset_ms?: number
}

/** As the keys of Upload-Metadata carry it. */
export function proofMetadata(proof: Proof | undefined): Record<string, string> {
  const pairs = Object.entries(proof ?? {}).filter(([, value]) => value !== undefined)
  return Object.fromEntries(pairs.map(([key, value]) => [key, String(value)]))
}

export interface Purse {
  /** By store. */
  stores: Record<string, { nonces: string[]; good_until: string }>
  clock_offset_ms: number | null
  ask_position: boolean
}

export interface GivenNonces {
  nonces: string[]
  good_until: string
  server_time: string
  ask_position: boolean
}

export const EMPTY: Purse = { stores: {}, clock_offset_ms: null, ask_position: false }
/** Enough for a long visit without network; below FEW it is worth asking for more. */
export const TAKE_ALONG = 60
export const FEW = 20

/** How many nonces to ask for, 0 where enough are left that are still good. */
export function wanted(purse: Purse, store: string, now: number): number {
  const held = purse.stores[store]
  const left = held && Date.parse(held.good_until) > now ? held.nonces.length : 0
  return left < FEW ? TAKE_ALONG : 0
}

/** The new ones replace the old: those run out sooner. `sent` and `now` are the phone's times around the request. */
export function refilled(purse: Purse, store: string, given: GivenNonces, sent: number, now: number): Purse {
  const stores = Object.entries(purse.stores).filter(([, held]) => Date.parse(held.good_until) > now)
  return {
    stores: { ...Object.fromEntries(stores), [store]: { nonces: given.nonces, good_until: given.good_until } },
    clock_offset_ms: Math.round(Date.parse(given.server_time) - (sent + now) / 2),
    ask_position: given.ask_position,
  }
}

/** One that ran out is still sent: that it was given at all says something, and the server tells that it is late. */
export function taken(purse: Purse, store: string): { proof: Proof; rest: Purse } {
  const [nonce, ...left] = purse.stores[store]?.nonces ?? []
  const proof: Proof = { ...(nonce ? { nonce } : {}), ...(purse.clock_offset_ms === null ? {} : { clock_offset_ms: purse.clock_offset_ms }) }
  const held = purse.stores[store]
  return { proof, rest: held ? { ...purse, stores: { ...purse.stores, [store]: { ...held, nonces: left } } } : purse }
}
