import { describe, expect, test } from 'vitest'
import { aliasesOf, pieces } from '../../src/vocabulary/types'

describe('a corrected text in pieces', () => {
  test('tells at each word put right what was heard, and keeps all of the text', () => {
    const result = {
      text: '😀云麓酸奶和Lumiora没了',
      heard: '😀云路酸乃和露米欧拉没了',
      corrections: [
        { start: 1, end: 5, heard: '云路酸乃', term: '云麓酸奶', distance: 0, at: [1, 5] as [number, number] },
        { start: 6, end: 10, heard: '露米欧拉', term: 'Lumiora', distance: 0, at: [6, 13] as [number, number] },
      ],
    }
    expect(pieces(result)).toEqual([
      { text: '😀' },
      { text: '云麓酸奶', heard: '云路酸乃' },
      { text: '和' },
      { text: 'Lumiora', heard: '露米欧拉' },
      { text: '没了' },
    ])
  })

  test('is one piece where nothing was put right', () => {
    expect(pieces({ text: '都好', heard: '都好', corrections: [] })).toEqual([{ text: '都好' }])
    expect(pieces({ text: '', heard: '', corrections: [] })).toEqual([])
  })
})

test('aliases stand between commas of either script', () => {
  expect(aliasesOf(' 露米欧拉， 卢米,,Lumi ;')).toEqual(['露米欧拉', '卢米', 'Lumi'])
  expect(aliasesOf('')).toEqual([])
})
