import { type Key, t } from '../i18n/index.svelte'
import { isFull } from '../offline/recordings'

export const MAX_SECONDS = 600
/** Opus where there is one; iOS records AAC in MP4. */
const TYPES = ['audio/webm;codecs=opus', 'audio/mp4', 'audio/webm', 'audio/ogg;codecs=opus']
/** Speech needs no more, and a basement's network has no more. */
const BITS_PER_SECOND = 32_000
const PIECE_MS = 1000

export interface RecordingStart {
  media_type: string
  filename: string
  captured_at: string
}

/**
 * Where the sound goes while it is being made. Each call is awaited before the next; after one that failed comes no piece,
 * only `finish`, which makes a note of the pieces that are there. What is there is never thrown away.
 */
export interface RecordingSink {
  begin(start: RecordingStart): Promise<void>
  piece(n: number, bytes: ArrayBuffer): Promise<void>
  /** `duration_s` is null where it is as long as its pieces. Returns whether there is a note now. */
  finish(duration_s: number | null): Promise<boolean>
}

export function canRecord(): boolean {
  return typeof MediaRecorder !== 'undefined' && !!navigator.mediaDevices?.getUserMedia
}

/** One voice note at a time: microphone, level for the meter, and the encoded pieces as they come. */
export class Recorder {
  state = $state<'idle' | 'asking' | 'recording' | 'saving'>('idle')
  seconds = $state(0)
  /** Loudness 0..1, for the meter. */
  level = $state(0)
  problem = $state('')
  #recorder: MediaRecorder | null = null
  #stream: MediaStream | null = null
  #audio: AudioContext | null = null
  #ticker: ReturnType<typeof setInterval> | undefined
  #stopWhenReady = false

  constructor(private readonly makeSink: () => RecordingSink) {}

  async start(): Promise<void> {
    if (this.state !== 'idle') return
    this.state = 'asking'
    this.problem = ''
    this.#stopWhenReady = false
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } })
    } catch (error) {
      this.problem = error instanceof DOMException && error.name === 'NotAllowedError' ? t('voice.denied') : t('voice.no_microphone')
      this.state = 'idle'
      return
    }
    this.#record(this.#stream)
    // Released while the browser was still asking for permission.
    if (this.#stopWhenReady) this.stop()
  }

  stop(): void {
    if (this.state === 'asking') this.#stopWhenReady = true
    if (this.state !== 'recording') return
    this.state = 'saving'
    this.#recorder?.stop()
  }

  #record(stream: MediaStream): void {
    const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type))
    const recorder = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: BITS_PER_SECOND })
    const startedAt = Date.now()
    const sink = this.makeSink()
    let count = 0
    let failure: unknown
    /** One write after the other; none after the first that failed, or the note would have a hole. */
    const write = (work: () => Promise<void>) => {
      writes = writes.then(async () => {
        if (failure === undefined) await work()
      }).catch((error: unknown) => {
        failure = error
        this.stop()
      })
    }
    let writes = Promise.resolve()
    write(() => sink.begin(startOf(recorder.mimeType || mimeType || 'audio/webm', startedAt)))
    recorder.ondataavailable = ({ data }) => {
      const n = count++
      write(async () => sink.piece(n, await data.arrayBuffer()))
    }
    recorder.onstop = () => {
      const seconds = (Date.now() - startedAt) / 1000
      void writes.then(() => this.#finish(sink, seconds, failure)).finally(() => this.#close())
    }
    recorder.start(PIECE_MS)
    this.#recorder = recorder
    this.state = 'recording'
    this.seconds = 0
    const loudness = this.#meter(stream)
    this.#ticker = setInterval(() => {
      this.seconds = (Date.now() - startedAt) / 1000
      this.level = loudness()
      if (this.seconds >= MAX_SECONDS) this.stop()
    }, 100)
  }

  async #finish(sink: RecordingSink, seconds: number, failure: unknown): Promise<void> {
    try {
      const kept = await sink.finish(failure === undefined ? seconds : null)
      if (failure !== undefined) this.problem = t(wordsFor(failure, kept))
    } catch (error) {
      console.error('voice note', error)
      this.problem = t('voice.in_parts')
    }
  }

  #meter(stream: MediaStream): () => number {
    this.#audio = new AudioContext()
    // iOS starts it suspended when the permission dialog came between the tap and now.
    void this.#audio.resume()
    const analyser = this.#audio.createAnalyser()
    this.#audio.createMediaStreamSource(stream).connect(analyser)
    const samples = new Float32Array(analyser.fftSize)
    return () => {
      analyser.getFloatTimeDomainData(samples)
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length
      return Math.min(1, Math.sqrt(power) * 5)
    }
  }

  #close(): void {
    clearInterval(this.#ticker)
    this.#stream?.getTracks().forEach((track) => track.stop())
    void this.#audio?.close().catch(() => undefined)
    this.#stream = this.#audio = this.#recorder = null
    this.level = 0
    this.state = 'idle'
  }
}

function wordsFor(failure: unknown, kept: boolean): Key {
  if (isFull(failure)) return kept ? 'voice.full' : 'voice.full_not_kept'
  console.error('voice note', failure)
  return kept ? 'voice.broken_off' : 'voice.not_kept'
}

function startOf(type: string, startedAt: number): RecordingStart {
  const media_type = type.split(';')[0]!
  const extension = media_type === 'audio/mp4' ? 'm4a' : media_type === 'audio/ogg' ? 'ogg' : 'webm'
  return { media_type, filename: `note.${extension}`, captured_at: new Date(startedAt).toISOString() }
}
