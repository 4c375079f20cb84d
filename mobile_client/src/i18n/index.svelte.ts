import type { Text } from '../api/types'
import { en } from './en'
import { fill, type Params } from './fill'
import { type Key, zh } from './zh'

export type Language = 'zh' | 'en'
export type { Key }

const STORED = 'storepatrol.language'
const TABLES = { zh, en }

const first = initial()
let language = $state<Language>(first)
mark(first)

function initial(): Language {
  const stored = localStorage.getItem(STORED)
  if (stored === 'zh' || stored === 'en') return stored
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en'
}

export function currentLanguage(): Language {
  return language
}

export function setLanguage(next: Language): void {
  language = next
  localStorage.setItem(STORED, next)
  mark(next)
}

/** Screen readers and line breaking go by the document's language. */
function mark(next: Language): void {
  document.documentElement.lang = next === 'zh' ? 'zh-CN' : 'en'
}

/** A text of the app in the person's language. `a|b` in English is singular|plural, chosen by `n`. */
export function t(key: Key, params: Params = {}): string {
  return fill(TABLES[language][key], params)
}

/** A text the server gave in both languages. */
export function tx(text: Text | string | null | undefined): string {
  if (!text) return ''
  return typeof text === 'string' ? text : text[language] || text.zh || text.en
}

export function locale(): string {
  return language === 'zh' ? 'zh-CN' : 'en-GB'
}
