import type { Entry } from './model'

/** Why an entry is not done, in a form the screens put into words. */
export type Why =
  | { kind: 'done' }
  | { kind: 'sending'; percent: number | null }
  | { kind: 'offline' }
  | { kind: 'sign_in' }
  | { kind: 'next' }
  | { kind: 'after_visit' }
  | { kind: 'after_uploads'; done: number; total: number; failed: number }
  | { kind: 'later'; at: number; said: string }
  | { kind: 'unreachable'; at: number }
  | { kind: 'rejected'; said: string; status: number }
  | { kind: 'damaged' }
  | { kind: 'gone' }

export function whyOf(entry: Entry, all: Entry[], online: boolean): Why {
  switch (entry.state) {
    case 'done':
      return { kind: 'done' }
    case 'sending':
      return { kind: 'sending', percent: percent(entry) }
    case 'failed':
      return whyFailed(entry)
    case 'waiting':
      return whyWaiting(entry, all, online)
  }
}

function whyFailed({ trouble }: Entry): Why {
  if (trouble?.kind === 'damaged' || trouble?.kind === 'gone') return { kind: trouble.kind }
  return { kind: 'rejected', said: trouble?.text || trouble?.code || '', status: trouble?.status ?? 0 }
}

function whyWaiting(entry: Entry, all: Entry[], online: boolean): Why {
  const before = all.filter((other) => entry.after.includes(other.id))
  if (before.some((other) => other.kind === 'visit' && other.state !== 'done')) return { kind: 'after_visit' }
  const uploads = before.filter((other) => other.kind === 'upload')
  if (uploads.some((other) => other.state !== 'done')) {
    return {
      kind: 'after_uploads',
      done: uploads.filter((other) => other.state === 'done').length,
      total: uploads.length,
      failed: uploads.filter((other) => other.state === 'failed').length,
    }
  }
  if (!online) return { kind: 'offline' }
  switch (entry.trouble?.kind) {
    case 'sign_in':
      return { kind: 'sign_in' }
    case 'unreachable':
      return { kind: 'unreachable', at: entry.next_at }
    case 'server_busy':
    case 'damaged':
      return { kind: 'later', at: entry.next_at, said: entry.trouble.text }
    default:
      return { kind: 'next' }
  }
}

function percent(entry: Entry): number | null {
  return entry.total_bytes > 0 ? Math.min(100, Math.floor((100 * entry.sent_bytes) / entry.total_bytes)) : null
}
