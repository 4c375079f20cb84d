import { expect, test } from 'vitest'
import type { ChecklistItem, Photo } from '../../src/api/types'
import type { Flaw } from '../../src/media/quality'
import type { Media } from '../../src/offline/model'
import { badPhotos } from '../../src/visit/bad'

const items = [{ id: 'a', dimension: 'safety' }, { id: 'b', dimension: 'display' }] as ChecklistItem[]
const kept = (id: string, flaws?: Flaw[] | null, fields: Partial<Media> = {}) => ({ id, kind: 'photo', item_id: 'b', flaws, ...fields }) as Media
const seen = (id: string, fields: Partial<Photo>) => ({ id, state: 'analysed', problem: null, advice: [], ...fields }) as Photo
const words = { zh: '照片模糊', en: 'blurred' }

test('offline, what the phone saw is told, with the item the photo belongs to', () => {
  const told = badPhotos(items, [kept('1', ['dark', 'blurred']), kept('2', [])], [])
  expect(told.map(({ media, where, flaws }) => [media.id, where?.n, flaws])).toEqual([['1', 2, ['dark', 'blurred']]])
})

test('a photo of the whole visit belongs to no item', () => {
  expect(badPhotos(items, [kept('1', ['glare'], { item_id: null })], [])[0]?.where).toBeNull()
})

test('once the server has looked, its word holds: against the photo, and for it', () => {
  const media = [kept('1', []), kept('2', ['blurred'])]
  const told = badPhotos(items, media, [seen('1', { advice: [words] }), seen('2', {})])
  expect(told.map(({ media, advice, flaws }) => [media.id, advice, flaws])).toEqual([['1', [words], []]])
})

test('a photo that the server cannot read is told in its words', () => {
  expect(badPhotos(items, [kept('1', [])], [seen('1', { state: 'unreadable', problem: words })])[0]?.advice).toEqual([words])
})

test('until the server has looked, the phone is asked', () => {
  expect(badPhotos(items, [kept('1', ['dark'])], [seen('1', { state: 'stored' })])[0]?.flaws).toEqual(['dark'])
})

test('photos of an earlier version, those this phone cannot read, and recordings are not bad', () => {
  expect(badPhotos(items, [kept('1'), kept('2', null), kept('3', ['dark'], { kind: 'voice' })], [])).toEqual([])
})
