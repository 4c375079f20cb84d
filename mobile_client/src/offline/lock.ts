import type { Database } from './db'
import { newId } from './ids'

/** Runs `work` while no other tab runs work under the same name; waits for its turn. */
export type Exclusive = <T>(name: string, work: () => Promise<T>) => Promise<T>

const LEASE_MS = 15_000
const LOOK_AGAIN_MS = 500

interface Lease {
  holder: string
  until: number
}

/** Web Locks where the browser has them (secure contexts), else a lease in IndexedDB that is renewed while we work. */
export function exclusiveAcrossTabs(db: Database, now: () => number = Date.now): Exclusive {
  if (globalThis.navigator?.locks) {
    return async (name, work) => await navigator.locks.request(`storepatrol:${name}`, work)
  }
  return (name, work) => withLease(db, `lease:${name}`, work, now)
}

/** Whether work under this name is going on in some living tab, this one included. A killed page holds nothing. */
export function heldInSomeTab(db: Database, now: () => number = Date.now): (name: string) => Promise<boolean> {
  const locks = globalThis.navigator?.locks
  if (locks) return async (name) => ((await locks.query()).held ?? []).some((lock) => lock.name === `storepatrol:${name}`)
  return (name) => leaseIsHeld(db, `lease:${name}`, now())
}

export async function leaseIsHeld(db: Database, key: string, now: number): Promise<boolean> {
  const lease = (await db.get('kv', key)) as Lease | undefined
  return lease !== undefined && lease.until >= now
}

export async function withLease<T>(db: Database, key: string, work: () => Promise<T>, now: () => number): Promise<T> {
  const holder = newId()
  while (!(await take(db, key, holder, now()))) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
  const renew = setInterval(() => void take(db, key, holder, now()), LEASE_MS / 3)
  try {
    return await work()
  } finally {
    clearInterval(renew)
    await release(db, key, holder)
  }
}

async function take(db: Database, key: string, holder: string, now: number): Promise<boolean> {
  const tx = db.transaction('kv', 'readwrite')
  const lease = (await tx.store.get(key)) as Lease | undefined
  const free = !lease || lease.holder === holder || lease.until < now
  if (free) await tx.store.put({ holder, until: now + LEASE_MS } satisfies Lease, key)
  await tx.done
  return free
}

async function release(db: Database, key: string, holder: string): Promise<void> {
  const tx = db.transaction('kv', 'readwrite')
  const lease = (await tx.store.get(key)) as Lease | undefined
  if (lease?.holder === holder) await tx.store.delete(key)
  await tx.done
}
