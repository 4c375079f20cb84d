import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { NotePlayer } from '../../src/note/player.svelte'

/** Plays as the clock runs, and says so four times a second like a browser. */
class FakeAudio extends EventTarget {
  duration = 10
  paused = true
  ended = false
  ontimeupdate: (() => void) | null = null
  onplay: (() => void) | null = null
  onplaying: (() => void) | null = null
  onpause: (() => void) | null = null
  #at = 0
  #since = 0
  #ticking: ReturnType<typeof setInterval> | undefined

  constructor() {
    super()
    audio = this
    setTimeout(() => this.dispatchEvent(new Event('loadedmetadata')))
  }

  get currentTime(): number {
    return this.#at + (this.paused ? 0 : (Date.now() - this.#since) / 1000)
  }

  set currentTime(second: number) {
    this.#at = second
    this.#since = Date.now()
  }

  async play(): Promise<void> {
    this.#since = Date.now()
    this.paused = false
    this.onplay?.()
    this.onplaying?.()
    clearInterval(this.#ticking)
    this.#ticking = setInterval(() => this.ontimeupdate?.(), 250)
  }

  pause(): void {
    this.#at = this.currentTime
    this.paused = true
    clearInterval(this.#ticking)
    this.onpause?.()
  }
}

let audio: FakeAudio
let player: NotePlayer

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('Audio', FakeAudio)
  vi.stubGlobal('fetch', async () => new Response('sound'))
  player = new NotePlayer(() => '/audio', async () => undefined)
})

afterEach(() => {
  player.close()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

async function after(seconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(1000 * seconds)
}

describe('a statement', () => {
  test('is heard from its first second to its last, and no further', async () => {
    void player.toggle(3, 5.1)
    await after(2)
    expect([player.playing, audio.paused]).toEqual([true, false])
    await after(1)
    expect(player.playing).toBe(false)
    expect(audio.currentTime).toBeCloseTo(5.1, 1)
  })

  test('is heard again when it is tapped again', async () => {
    void player.toggle(3, 5)
    await after(3)
    void player.toggle(3, 5)
    await after(1)
    expect([player.playing, Math.round(audio.currentTime)]).toEqual([true, 4])
  })

  test('whose end nobody knows, or that was added by hand, goes on', async () => {
    for (const end of [null, 3]) {
      void player.toggle(3, end)
      await after(4)
      expect(player.playing).toBe(true)
      audio.pause()
    }
  })

  test('gives way to the whole note, which plays past its end', async () => {
    void player.toggle(3, 5)
    await after(3)
    void player.pauseOrGoOn()
    await after(2)
    expect(player.playing).toBe(true)
    expect(audio.currentTime).toBeGreaterThan(6.5)
  })

  test('that another is tapped during ends where the other does', async () => {
    void player.toggle(0, 3)
    await after(1)
    void player.toggle(6, 8)
    await after(1.5)
    expect(player.playing).toBe(true)
    await after(1)
    expect([player.playing, Math.round(audio.currentTime)]).toEqual([false, 8])
  })
})
