/** The company's own words, as the server sends them. */
import type { Text } from '../api/types'
import type { Key } from '../i18n/zh'

export const KINDS = ['product', 'brand', 'fixture', 'store'] as const
export type Kind = (typeof KINDS)[number]

export interface Term {
  id: string
  kind: Kind
  text: string
  aliases: string[]
  added_by: string
  added_at: string
}

export interface Summary {
  added: Partial<Record<Kind, number>>
  stores: number
  products: number
  version: number
}

export interface TermPreview {
  term_count: number
  sample: { kind: Kind; text: string; aliases: string[] }[]
  problems: { line: number; reason: Text }[]
  problem_count: number
}

export interface Imported {
  added: number
  changed: number
  same: number
}

/** `at` are the characters of `text`, `start` to `end` those of `heard`. */
export interface Correction {
  start: number
  end: number
  heard: string
  term: string
  distance: number
  at: [number, number]
}

export interface Corrected {
  text: string
  heard: string
  corrections: Correction[]
}

export const KIND_LABELS: Record<Kind, Key> = {
  product: 'words.kind.product',
  brand: 'words.kind.brand',
  fixture: 'words.kind.fixture',
  store: 'words.kind.store',
}

/** The text in pieces; those that were put right tell what was heard. Places count characters as people do, not UTF-16. */
export function pieces(result: Corrected): { text: string; heard?: string }[] {
  const characters = [...result.text]
  const found: { text: string; heard?: string }[] = []
  let last = 0
  for (const { at, heard } of result.corrections) {
    if (at[0] > last) found.push({ text: characters.slice(last, at[0]).join('') })
    found.push({ text: characters.slice(at[0], at[1]).join(''), heard })
    last = at[1]
  }
  if (last < characters.length) found.push({ text: characters.slice(last).join('') })
  return found
}

/** Aliases as typed in one field, between commas of either script. */
export function aliasesOf(typed: string): string[] {
  return typed.split(/[,，、;；]/).map((alias) => alias.trim()).filter((alias) => alias !== '')
}
