import { constants, deflateRawSync, inflateRawSync } from 'node:zlib'

/**
 * Metric points as bytes. A request's points lie in the log as they came; the worker sorts them into chunks.
 *
 * A column of safe integers is a mode byte and then zigzag varints of the differences (0), or doubles (1) where a
 * difference could pass 2^53. Values are doubles, little-endian; in a chunk their bytes are grouped by significance and
 * everything is deflated.
 */

/** What a series is told apart by within a run. Absent labels are empty. */
export interface SeriesName {
  readonly key: string
  readonly datasetName: string
  readonly datasetDigest: string
  readonly modelId: string
}

/** Points of one series; the three lists are parallel. */
export interface SeriesPoints extends SeriesName {
  readonly steps: number[]
  /** Milliseconds since 1970. */
  readonly timestamps: number[]
  /** May be NaN or infinite. */
  readonly values: number[]
}

/** Points of a chunk, at most. */
export const CHUNK_POINTS = 4096

const DELTA_MAX = 2 ** 52
const [FORM_FIXED, FORM_BATCH, FORM_CHUNK] = [0, 1, 2]
const BUCKET_POINTS = 256
const BUCKET_NUMBERS = 8

/** The bytes of a request. The keys are not among them: they are the column beside it. */
export function encodeBatch(series: readonly SeriesPoints[]): Buffer {
  const writer = new Writer(64 + series.reduce((sum, one) => sum + 16 + one.steps.length * 28, 0))
  writer.byte(FORM_BATCH)
  for (const one of series) {
    const hasLabels = one.datasetName !== '' || one.datasetDigest !== '' || one.modelId !== ''
    writer.byte(hasLabels ? 1 : 0)
    if (hasLabels) for (const label of [one.datasetName, one.datasetDigest, one.modelId]) writer.text(label)
    writer.points(one)
  }
  return writer.bytes()
}

/** @param keys the key of each series, in order @param only decode just this key */
export function decodeBatch(keys: readonly string[], bytes: Uint8Array, only?: string): SeriesPoints[] {
  const reader = new Reader(bytes)
  const form = reader.byte()
  if (form === FORM_FIXED) return [reader.fixed(keys[0] ?? '')]
  if (form !== FORM_BATCH) throw new Error(`Metric points in an unknown form: ${String(form)}`)
  return keys.flatMap((key) => {
    const [datasetName, datasetDigest, modelId] =
      reader.byte() === 1 ? [reader.text(), reader.text(), reader.text()] : ['', '', '']
    const points = reader.points()
    return only === undefined || only === key ? [{ key, datasetName, datasetDigest, modelId, ...points }] : []
  })
}

/** The bytes of sorted points of one series. */
export function encodeChunk(points: Pick<SeriesPoints, 'steps' | 'timestamps' | 'values'>): Buffer {
  const count = points.steps.length
  const writer = new Writer(64 + count * 28)
  writer.varint(count)
  writer.column(points.steps)
  writer.column(points.timestamps)
  const raw = Buffer.from(Float64Array.from(points.values).buffer)
  writer.append(shuffled(raw, count))
  return Buffer.concat([Buffer.of(FORM_CHUNK), deflateRawSync(writer.bytes(), { level: constants.Z_BEST_SPEED })])
}

export function decodeChunk(bytes: Uint8Array): Pick<SeriesPoints, 'steps' | 'timestamps' | 'values'> {
  if (bytes[0] !== FORM_CHUNK) throw new Error(`A metric chunk in an unknown form: ${String(bytes[0])}`)
  const reader = new Reader(inflateRawSync(bytes.subarray(1)))
  const count = reader.varint()
  const steps = reader.column(count)
  const timestamps = reader.column(count)
  const raw = Buffer.alloc(count * 8)
  const planes = reader.take(count * 8)
  for (let plane = 0; plane < 8; plane += 1)
    for (let at = 0; at < count; at += 1) raw[at * 8 + plane] = planes[plane * count + at] ?? 0
  const values = Array.from({ length: count }, (_, at) => raw.readDoubleLE(at * 8))
  return { steps, timestamps, values }
}

function shuffled(raw: Buffer, count: number): Buffer {
  const planes = Buffer.alloc(raw.length)
  for (let plane = 0; plane < 8; plane += 1)
    for (let at = 0; at < count; at += 1) planes[plane * count + at] = raw[at * 8 + plane] ?? 0
  return planes
}

/** A point of a chart. */
export interface ChartPoint {
  readonly step: number
  readonly value: number
}

/** The first, smallest, largest and last of every 256 points, as doubles. NaN is never the smallest or the largest. */
export function encodeRollup(points: Pick<SeriesPoints, 'steps' | 'values'>): Buffer {
  const buckets = Math.ceil(points.steps.length / BUCKET_POINTS)
  const numbers = new Float64Array(buckets * BUCKET_NUMBERS)
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    const from = bucket * BUCKET_POINTS
    const to = Math.min(points.steps.length, from + BUCKET_POINTS)
    const [low, high] = extremesOf(points.values, from, to)
    for (const [place, at] of [from, low, high, to - 1].entries()) {
      numbers[bucket * BUCKET_NUMBERS + place * 2] = points.steps[at] ?? 0
      numbers[bucket * BUCKET_NUMBERS + place * 2 + 1] = points.values[at] ?? 0
    }
  }
  return Buffer.from(numbers.buffer)
}

/** The points that a rollup kept, by step, each once. */
export function decodeRollup(bytes: Uint8Array): ChartPoint[] {
  const copy = Buffer.from(bytes)
  const kept: ChartPoint[] = []
  for (let at = 0; at + 64 <= copy.length; at += 64) {
    const four = [0, 16, 32, 48].map((place) => ({
      step: copy.readDoubleLE(at + place),
      value: copy.readDoubleLE(at + place + 8),
    }))
    const sorted = four.sort((a, b) => a.step - b.step)
    for (const point of sorted) {
      const last = kept.at(-1)
      if (last?.step !== point.step || !Object.is(last.value, point.value)) kept.push(point)
    }
  }
  return kept
}

/** Places of the smallest and the largest value in [from, to), NaN left out where there is any other. */
export function extremesOf(values: readonly number[], from: number, to: number): [number, number] {
  let [low, high] = [-1, -1]
  for (let at = from; at < to; at += 1) {
    const value = values[at] ?? Number.NaN
    if (Number.isNaN(value)) continue
    if (low < 0 || value < (values[low] ?? 0)) low = at
    if (high < 0 || value > (values[high] ?? 0)) high = at
  }
  return [low < 0 ? from : low, high < 0 ? from : high]
}

class Writer {
  #buffer: Buffer
  #at = 0
  constructor(size: number) {
    this.#buffer = Buffer.allocUnsafe(size)
  }
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#at)
  }
  #ensure(more: number): void {
    if (this.#at + more <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe((this.#at + more) * 2)
    this.#buffer.copy(larger, 0, 0, this.#at)
    this.#buffer = larger
  }
  byte(value: number): void {
    this.#ensure(1)
    this.#buffer[this.#at] = value
    this.#at += 1
  }
  varint(value: number): void {
    this.#ensure(10)
    let rest = value
    while (rest >= 128) {
      this.#buffer[this.#at] = (rest % 128) + 128
      this.#at += 1
      rest = Math.floor(rest / 128)
    }
    this.#buffer[this.#at] = rest
    this.#at += 1
  }
  text(value: string): void {
    const bytes = Buffer.from(value, 'utf8')
    this.varint(bytes.length)
    this.append(bytes)
  }
  append(bytes: Buffer): void {
    this.#ensure(bytes.length)
    bytes.copy(this.#buffer, this.#at)
    this.#at += bytes.length
  }
  double(value: number): void {
    this.#ensure(8)
    this.#buffer.writeDoubleLE(value, this.#at)
    this.#at += 8
  }
  column(numbers: readonly number[]): void {
    let isSmall = true
    let before = 0
    for (const number of numbers) {
      if (Math.abs(number - before) > DELTA_MAX) isSmall = false
      before = number
    }
    this.byte(isSmall ? 0 : 1)
    before = 0
    for (const number of numbers) {
      if (isSmall) {
        const delta = number - before
        this.varint(delta >= 0 ? delta * 2 : -delta * 2 - 1)
        before = number
      } else this.double(number)
    }
  }
  points(points: Pick<SeriesPoints, 'steps' | 'timestamps' | 'values'>): void {
    this.varint(points.steps.length)
    this.column(points.steps)
    this.column(points.timestamps)
    for (const value of points.values) this.double(value)
  }
}

class Reader {
  readonly #buffer: Buffer
  #at = 0
  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
  byte(): number {
    const value = this.#buffer.readUInt8(this.#at)
    this.#at += 1
    return value
  }
  varint(): number {
    let [value, scale] = [0, 1]
    for (;;) {
      const byte = this.byte()
      value += (byte % 128) * scale
      if (byte < 128) return value
      scale *= 128
    }
  }
  take(length: number): Buffer {
    const bytes = this.#buffer.subarray(this.#at, this.#at + length)
    if (bytes.length < length) throw new Error('Metric points end too early.')
    this.#at += length
    return bytes
  }
  text(): string {
    return this.take(this.varint()).toString('utf8')
  }
  column(count: number): number[] {
    const isSmall = this.byte() === 0
    const numbers: number[] = []
    let before = 0
    for (let index = 0; index < count; index += 1) {
      if (isSmall) {
        const zigzag = this.varint()
        before += zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
        numbers.push(before)
      } else numbers.push(this.take(8).readDoubleLE(0))
    }
    return numbers
  }
  points(): Pick<SeriesPoints, 'steps' | 'timestamps' | 'values'> {
    const count = this.varint()
    const steps = this.column(count)
    const timestamps = this.column(count)
    const raw = this.take(count * 8)
    return { steps, timestamps, values: Array.from({ length: count }, (_, at) => raw.readDoubleLE(at * 8)) }
  }
  /** Form 0, which a migration wrote in SQL: big-endian, one series. */
  fixed(key: string): SeriesPoints {
    const word = () => this.take(4).readInt32BE(0)
    const label = () => this.take(word()).toString('utf8')
    const [datasetName, datasetDigest] = [label(), label()]
    const series: SeriesPoints = { key, datasetName, datasetDigest, modelId: '', steps: [], timestamps: [], values: [] }
    for (let left = word(); left > 0; left -= 1) {
      const raw = this.take(24)
      series.steps.push(Number(raw.readBigInt64BE(0)))
      series.timestamps.push(Number(raw.readBigInt64BE(8)))
      series.values.push(raw.readDoubleBE(16))
    }
    return series
  }
}
