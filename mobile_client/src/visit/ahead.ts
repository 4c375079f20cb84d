import type { ChecklistVersion, VisitSummary } from '../api/types'
import type { Database } from '../offline/db'
import type { Upcoming } from './list'

/** What a visit needs where there is no network, kept on the phone while there is one. */

export type Get = <T>(path: string) => Promise<T>

export interface Copy<T> {
  value: T
  saved_at: string
}

/** Where the list of visits still to be done is kept, for a person. */
export function upcomingKey(mine: boolean): string {
  return `visits upcoming ${mine ? 'mine' : 'all'}`
}

/** A published version never changes: the copy on the phone is as good as the server's. */
export async function keptVersion(db: Database, get: Get, id: string): Promise<ChecklistVersion> {
  const key = `version ${id}`
  const copy = await db.get('cache', key)
  if (copy) return copy.value as ChecklistVersion
  const version = await get<ChecklistVersion>(`/checklist-versions/${id}`)
  await db.put('cache', { value: version, saved_at: new Date().toISOString() }, key)
  return version
}

/** Each version once. One that cannot be had now does not keep the others away: it is only ahead of need. */
export async function keepVersions(db: Database, get: Get, ids: Iterable<string>): Promise<void> {
  for (const id of new Set(ids)) await keptVersion(db, get, id).catch(() => undefined)
}

/** The visit as the list last told it, if this person has seen the list here. */
export async function rowOnPhone(db: Database, personId: string, visitId: string): Promise<Copy<VisitSummary> | undefined> {
  let latest: Copy<VisitSummary> | undefined
  for (const mine of [true, false]) {
    const list = (await db.get('cache', `${personId} ${upcomingKey(mine)}`)) as Copy<Upcoming> | undefined
    const row = list?.value.items.find((visit) => visit.id === visitId)
    if (list && row && (!latest || list.saved_at > latest.saved_at)) latest = { value: row, saved_at: list.saved_at }
  }
  return latest
}
