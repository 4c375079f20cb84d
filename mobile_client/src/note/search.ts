import type { Checkpoint } from '../api/types'

/** Checkpoints whose words hold all that was typed, in either language; without anything typed, the neighbours first. */
export function found(all: Checkpoint[], typed: string, dimension: string): Checkpoint[] {
  const wanted = typed.toLowerCase().split(/\s+/).filter(Boolean)
  const words = (one: Checkpoint) => [one.title.zh, one.title.en, one.code, ...(one.words?.zh ?? []), ...(one.words?.en ?? [])].join(' ').toLowerCase()
  const fitting = all.filter((one) => wanted.every((word) => words(one).includes(word)))
  return fitting.toSorted((a, b) => Number(b.dimension === dimension) - Number(a.dimension === dimension))
}
