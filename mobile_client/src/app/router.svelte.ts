import { match, type Match } from './routes'

/** Hash routing: the server has to know only "/". */
let current = $state.raw<Match>(match(location.hash))

addEventListener('hashchange', () => {
  current = match(location.hash)
  scrollTo(0, 0)
})

export function route(): Match {
  return current
}

export function go(path: string): void {
  location.hash = path
}

/** Replaces the current place, so that "back" does not lead to where nothing is left to do. */
export function replace(path: string): void {
  history.replaceState(null, '', `#${path}`)
  current = match(location.hash)
}

export function back(fallback: string): void {
  if (history.length > 1) history.back()
  else replace(fallback)
}
