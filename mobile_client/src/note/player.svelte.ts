const EXPIRED = 410

/** Plays a note from a second on. A browser's own recording does not tell its length, so the whole file is fetched first. */
export class NotePlayer {
  playing = $state(false)
  second = $state(0)
  loading = $state(false)
  /** gone: the recording is not kept · away: the network is · null: nothing is wrong. */
  problem = $state<'gone' | 'away' | null>(null)
  #audio: HTMLAudioElement | undefined
  #url: string | undefined
  #from = -1
  /** Where to stop; null plays on to the end of the recording. */
  #until: number | null = null
  #stopping: ReturnType<typeof setTimeout> | undefined
  #closed = false

  /** `renew` brings `source` a fresh link: they are good for some minutes. */
  constructor(
    private readonly source: () => string | null,
    private readonly renew: () => Promise<void>,
  ) {}

  /** Plays from `second` until `end`, if that is later and known; asked for the same again while it plays, it pauses. */
  async toggle(second: number, end: number | null = null): Promise<void> {
    if (this.playing && this.#from === second) {
      this.#audio?.pause()
      return
    }
    this.#from = second
    await this.#play(second, end !== null && end > second ? end : null)
  }

  /** Pauses wherever it is, and goes on from there; from the beginning once it has come to the end. */
  async pauseOrGoOn(): Promise<void> {
    if (this.playing) this.#audio?.pause()
    else await this.#play(this.#audio && !this.#audio.ended ? this.#audio.currentTime : 0, null)
  }

  async #play(second: number, until: number | null): Promise<void> {
    if (this.loading) return
    const audio = this.#audio ?? (await this.#open())
    if (!audio || this.#closed) return
    this.#until = until
    audio.currentTime = this.second = second
    try {
      await audio.play()
    } catch (error) {
      console.info('the browser does not play now', error)
    }
  }

  /** "timeupdate" comes four times a second, which would let the next word begin: hence a clock of our own. */
  #stopInTime(): void {
    clearTimeout(this.#stopping)
    const audio = this.#audio
    if (!audio || this.#until === null || audio.paused) return
    const left = this.#until - audio.currentTime
    if (left <= 0) audio.pause()
    else this.#stopping = setTimeout(() => this.#stopInTime(), 1000 * left)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#stopping)
    this.#audio?.pause()
    if (this.#url) URL.revokeObjectURL(this.#url)
    this.#audio = this.#url = undefined
  }

  async #open(): Promise<HTMLAudioElement | undefined> {
    this.loading = true
    this.problem = null
    try {
      const bytes = await this.#fetch()
      if (!bytes) return undefined
      this.#url = URL.createObjectURL(bytes)
      const audio = new Audio(this.#url)
      await seekable(audio)
      audio.ontimeupdate = () => {
        this.second = audio.currentTime
        this.#stopInTime()
      }
      audio.onplay = () => (this.playing = true)
      audio.onplaying = () => this.#stopInTime()
      audio.onpause = () => (this.playing = false)
      this.#audio = audio
      return audio
    } catch (error) {
      console.info('the recording cannot be played', error)
      this.problem = 'away'
      return undefined
    } finally {
      this.loading = false
    }
  }

  async #fetch(): Promise<Blob | undefined> {
    let answer = await this.#ask()
    if (answer?.status === EXPIRED) {
      await this.renew()
      answer = await this.#ask()
    }
    if (answer?.ok) return answer.blob()
    this.problem = answer === null || answer.status === 404 ? 'gone' : 'away'
    return undefined
  }

  async #ask(): Promise<Response | null> {
    const source = this.source()
    return source === null ? null : fetch(source)
  }
}

/** A recording without a length becomes seekable once its end was looked for. */
async function seekable(audio: HTMLAudioElement): Promise<void> {
  await happened(audio, 'loadedmetadata')
  if (Number.isFinite(audio.duration)) return
  const found = happened(audio, 'durationchange')
  audio.currentTime = Number.MAX_SAFE_INTEGER
  await found
  audio.currentTime = 0
}

function happened(audio: HTMLAudioElement, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    audio.addEventListener(name, () => resolve(), { once: true })
    audio.addEventListener('error', () => reject(audio.error ?? new Error('not playable')), { once: true })
  })
}
