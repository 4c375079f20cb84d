import { EMPTY, type GivenNonces, type Proof, type Purse, refilled, taken, wanted } from '../offline/proof'
import { app } from './context'
import { session } from './session.svelte'

const KEY = 'storepatrol.proof'
const POSITION_WAIT_MS = 6_000
const POSITION_AGE_MS = 60_000

export const asking = $state({ position: false })

/** One person's: on a shared phone nobody sends with another's nonces. */
function read(): Purse {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? 'null') as { person: string; purse: Purse } | null
    return kept?.person === session.personId ? kept.purse : EMPTY
  } catch {
    return EMPTY
  }
}

function write(purse: Purse): void {
  asking.position = purse.ask_position
  try {
    localStorage.setItem(KEY, JSON.stringify({ person: session.personId, purse }))
  } catch {
    // A full phone keeps its photos rather than its nonces.
  }
}

/** While there is a network: takes nonces along for the photos to come. Silent where there is none. */
export async function prepareProof(store: string): Promise<void> {
  asking.position = read().ask_position
  const count = wanted(read(), store, Date.now())
  if (count === 0) return
  const sent = Date.now()
  try {
    const given = await app().client.post<GivenNonces>('/capture-nonces', { store_id: store, count })
    write(refilled(read(), store, given, sent, Date.now()))
  } catch {
    // Without nonces photos are sent all the same.
  }
}

/** What can be said of `count` photos just taken. A chosen photo was taken elsewhere and before: no position, no nonce. */
export async function proofs(store: string | null, count: number, source: 'camera' | 'gallery'): Promise<Proof[]> {
  if (store === null) return Array.from({ length: count }, () => ({}))
  let purse = read()
  const offset = purse.clock_offset_ms
  if (source === 'gallery') return Array.from({ length: count }, () => (offset === null ? {} : { clock_offset_ms: offset }))
  const found: Proof[] = []
  for (let i = 0; i < count; i++) {
    const { proof, rest } = taken(purse, store)
    purse = rest
    found.push(proof)
  }
  write(purse)
  const position = purse.ask_position ? await whereAmI() : {}
  return found.map((proof) => ({ ...proof, ...position }))
}

function whereAmI(): Promise<Proof> {
  if (!('geolocation' in navigator)) return Promise.resolve({ position: 'unavailable' })
  return new Promise((resolve) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ position: 'given', latitude: coords.latitude, longitude: coords.longitude, accuracy_m: Math.round(coords.accuracy) }),
      (error) => resolve({ position: error.code === error.PERMISSION_DENIED ? 'refused' : 'unavailable' }),
      { timeout: POSITION_WAIT_MS, maximumAge: POSITION_AGE_MS },
    )
  })
}
