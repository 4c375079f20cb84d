import { type DBSchema, type IDBPDatabase, openDB } from 'idb'
import type { Draft, Entry, Media } from './model'

/** Everything the phone keeps. Bytes are ArrayBuffers in a store of their own: iOS breaks Blobs in IndexedDB. */
interface Schema extends DBSchema {
  kv: { key: string; value: unknown }
  cache: { key: string; value: { value: unknown; saved_at: string } }
  drafts: { key: string; value: Draft }
  media: { key: string; value: Media; indexes: { group: string } }
  bytes: { key: string; value: ArrayBuffer }
  outbox: { key: string; value: Entry; indexes: { group: string } }
}

export type Database = IDBPDatabase<Schema>

export function openDatabase(name = 'storepatrol'): Promise<Database> {
  return openDB<Schema>(name, 1, {
    upgrade(db) {
      db.createObjectStore('kv')
      db.createObjectStore('cache')
      db.createObjectStore('drafts', { keyPath: 'visit_id' })
      db.createObjectStore('media', { keyPath: 'id' }).createIndex('group', 'group')
      db.createObjectStore('bytes')
      db.createObjectStore('outbox', { keyPath: 'id' }).createIndex('group', 'group')
    },
    // A newer version of the app in another tab wants to upgrade: let go, or it waits for ever.
    blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
  })
}
