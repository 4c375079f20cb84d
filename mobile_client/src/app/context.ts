import { ApiClient } from '../api/client'
import { currentLanguage } from '../i18n/index.svelte'
import { type Database, openDatabase } from '../offline/db'
import { type Exclusive, exclusiveAcrossTabs, heldInSomeTab } from '../offline/lock'
import { network } from './network.svelte'

/** The parts of the app that exist once. Opened before the first screen is shown. */
export interface Context {
  db: Database
  client: ApiClient
  exclusive: Exclusive
  /** Whether some living tab works under this name. */
  held: (name: string) => Promise<boolean>
}

let context: Context | undefined

export async function openContext(onSignedOut: () => void): Promise<Context> {
  const db = await openDatabase()
  const exclusive = exclusiveAcrossTabs(db)
  const client = new ApiClient({
    fetch: (input, init) => fetch(input, init),
    now: Date.now,
    language: currentLanguage,
    exclusive: (work) => exclusive('refresh', work),
    onReached: (reached) => network.heard(reached),
    onSignedOut,
  })
  context = { db, client, exclusive, held: heldInSomeTab(db) }
  return context
}

export function app(): Context {
  if (!context) throw new Error('the app is used before it is opened')
  return context
}
