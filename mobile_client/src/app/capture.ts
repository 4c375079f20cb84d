import type { Text } from '../api/types'
import { MAX_PHOTO_BYTES, readPhoto } from '../media/photo'
import type { RecordingSink } from '../media/recorder.svelte'
import { HEAD_BYTES, isPhoto } from '../media/sniff'
import { newId } from '../offline/ids'
import { keepMedia } from '../offline/media'
import type { MediaKind } from '../offline/model'
import { beginRecording, finishRecording, isFull, keepPiece, recordingLock, recoverRecordings } from '../offline/recordings'
import { t } from '../i18n/index.svelte'
import { app } from './context'
import { outbox } from './outbox.svelte'
import { prepareProof, proofs } from './proof.svelte'
import { session } from './session.svelte'

/** How long until recordings that could not be saved yet (still running elsewhere, no room) are looked at again. */
const LOOK_AGAIN_MS = 30_000

export interface Place {
  group: string
  /** Of a task; a visit's draft knows its own. */
  store_id?: string
  item_id: string | null
  label: Text
}

/** Keeps photos on the phone and starts sending them. Returns what a person should know about those not kept. */
export async function keepPhotos(files: File[], source: 'camera' | 'gallery', kind: MediaKind, place: Place): Promise<string[]> {
  const problems: string[] = []
  const { store_id, ...rest } = place
  const store = store_id ?? (await app().db.get('drafts', place.group))?.store.id ?? null
  const said = await proofs(store, files.length, source)
  for (const [i, file] of files.entries()) {
    if (file.size > MAX_PHOTO_BYTES) problems.push(t('photo.too_large', { name: file.name }))
    else if (file.size === 0) problems.push(t('photo.empty', { name: file.name }))
    else if (!isPhoto(new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer()))) problems.push(t('photo.not_a_photo', { name: file.name }))
    else {
      const photo = await readPhoto(file)
      await keepOrExplain(problems, () =>
        keepMedia(app().db, { ...photo, ...rest, kind, source, proof: said[i], person_id: session.personId, duration_s: null }, new Date()),
      )
    }
  }
  outbox.changed()
  if (store) void prepareProof(store)
  return problems
}

/** Keeps a voice note while it is being spoken. `kept` is called when it is whole and on its way. */
export function recordingAt(place: Place, kept: () => void): RecordingSink {
  const id = newId()
  const { db, exclusive } = app()
  const head = { id, ...place, person_id: session.personId }
  let over: () => void = () => undefined
  const ended = new Promise<void>((resolve) => (over = resolve))
  return {
    // The lock is held until the note is finished, so that another tab does not take the recording for a killed page's.
    begin: (start) =>
      new Promise((begun, failed) => {
        const work = async () => {
          await beginRecording(db, { ...head, ...start }).then(begun, failed)
          await ended
        }
        exclusive(recordingLock(id), work).catch(failed)
      }),
    piece: (n, bytes) => keepPiece(db, id, n, bytes),
    finish: async (duration_s) => {
      try {
        const note = await finishRecording(db, id, duration_s, new Date())
        outbox.changed()
        kept()
        return note !== null
      } catch (error) {
        lookAgain()
        throw error
      } finally {
        over()
      }
    },
  }
}

/** After a killed page: what was spoken becomes a voice note like any other. */
export async function recoverKilledRecordings(): Promise<void> {
  if (session.phase !== 'signed_in') return
  const { db, exclusive, held } = app()
  const { saved, later } = await exclusive('recover-recordings', () => recoverRecordings(db, session.personId, new Date(), held))
  if (saved > 0) outbox.changed()
  if (later) lookAgain()
}

let again: ReturnType<typeof setTimeout> | undefined

function lookAgain(): void {
  clearTimeout(again)
  again = setTimeout(() => void recoverKilledRecordings(), LOOK_AGAIN_MS)
}

/** A full phone must be said, in words: the photo would otherwise seem to be kept. */
async function keepOrExplain(problems: string[], keep: () => Promise<unknown>): Promise<void> {
  try {
    await keep()
  } catch (error) {
    if (!isFull(error)) throw error
    problems.push(t('storage.full'))
  }
}
