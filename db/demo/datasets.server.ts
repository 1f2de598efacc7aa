import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** One prepared split of a public data set, ready to be registered as a dataset version. */
export interface DemoDataset {
  name: DemoDatasetName
  title: string
  description: string
  /** What a job would use it as. `live` data comes after deployment and carries the later truth. */
  role: 'train' | 'test' | 'live'
  csv: Uint8Array
  /** SHA-256 of `csv`, lower-case hex. */
  sha256: string
  rows: number
  profile: { rows: number; columns: string[]; positives?: number }
  /** The column that a model predicts. */
  target: string
  source: string
  licence: string
}

export type DemoDatasetName =
  'birdstrikes-train' | 'birdstrikes-holdout' | 'birdstrikes-live' | 'weather-train' | 'weather-holdout'

const LICENCE = 'U.S. Government Dataset (public domain in the United States)'
const BIRDS_SOURCE = 'FAA Wildlife Strike Database, as in vega-datasets 3.2.1 (birdstrikes.csv)'
const WEATHER_SOURCE = 'NOAA National Climatic Data Center, as in vega-datasets 3.2.1 (seattle-weather.csv)'

/** How many days before today the weather rows look back. */
const LAG_DAYS_MAX = 6

type Row = Record<string, string>

/** The raw files hold neither quotes nor line breaks inside a field; one that does is refused rather than misread. */
function readRaw(file: string): Row[] {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8')
  if (text.includes('"')) throw new Error(`${file} has quoted fields`)
  const [header = '', ...lines] = text.trimEnd().split(/\r?\n/)
  const names = header.split(',')
  return lines.map((line) => {
    const fields = line.split(',')
    if (fields.length !== names.length) throw new Error(`${file} has a row of ${fields.length} fields`)
    return Object.fromEntries(names.map((name, index) => [name, fields[index] ?? '']))
  })
}

function field(row: Row, name: string): string {
  const value = row[name]
  if (value === undefined) throw new Error(`The column ${name} is missing`)
  return value
}

/** The report as it was known before the repair: no cost columns, because a cost gives the damage away. */
function birdRow(row: Row): Row {
  const flownOn = field(row, 'Flight Date')
  return {
    flight_date: flownOn,
    month: String(Number(flownOn.slice(5, 7))),
    airport: field(row, 'Airport Name'),
    origin_state: field(row, 'Origin State'),
    operator: field(row, 'Aircraft Airline Operator'),
    aircraft: field(row, 'Aircraft Make Model'),
    phase_of_flight: field(row, 'Phase of flight'),
    time_of_day: field(row, 'Time of day'),
    speed_knots: field(row, 'Speed IAS in knots'),
    wildlife_size: field(row, 'Wildlife Size'),
    wildlife_species: field(row, 'Wildlife Species'),
    damaged: field(row, 'Effect Amount of damage') === 'None' ? '0' : '1',
  }
}

function dayOfYear(date: string): number {
  return (Date.parse(date) - Date.parse(`${date.slice(0, 4)}-01-01`)) / 86_400_000 + 1
}

/** One row for each day with a tomorrow and enough yesterdays. `forecast_for` is the day of the target. */
function weatherRows(days: readonly Row[]): Row[] {
  return days.slice(LAG_DAYS_MAX, -1).map((today, index) => {
    const at = index + LAG_DAYS_MAX
    const tempMax = (offset: number) => field(days[at + offset] ?? {}, 'temp_max')
    const lags = Array.from({ length: LAG_DAYS_MAX }, (_, lag): [string, string] => [
      `temp_max_${lag + 1}d_ago`,
      tempMax(-lag - 1),
    ])
    return {
      date: field(today, 'date'),
      forecast_for: field(days[at + 1] ?? {}, 'date'),
      day_of_year: String(dayOfYear(field(today, 'date'))),
      weather: field(today, 'weather'),
      precipitation: field(today, 'precipitation'),
      wind: field(today, 'wind'),
      temp_min: field(today, 'temp_min'),
      temp_max: field(today, 'temp_max'),
      ...Object.fromEntries(lags),
      temp_max_next_day: tempMax(1),
    }
  })
}

type Description = Pick<DemoDataset, 'name' | 'title' | 'description' | 'role' | 'target' | 'source'>

function prepared(about: Description, rows: readonly Row[]): DemoDataset {
  const columns = Object.keys(rows[0] ?? {})
  const lines = rows.map((row) => columns.map((column) => field(row, column)).join(','))
  const csv = new TextEncoder().encode([columns.join(','), ...lines, ''].join('\n'))
  const positives = about.target === 'damaged' ? { positives: rows.filter((row) => row['damaged'] === '1').length } : {}
  return {
    ...about,
    csv,
    sha256: createHash('sha256').update(csv).digest('hex'),
    rows: rows.length,
    profile: { rows: rows.length, columns, ...positives },
    licence: LICENCE,
  }
}

function birdDatasets(): DemoDataset[] {
  const rows = readRaw('birdstrikes.csv').map(birdRow)
  const about = { target: 'damaged', source: BIRDS_SOURCE } as const
  const flownIn = (from: string, before: string) =>
    rows.filter((row) => field(row, 'flight_date') >= from && field(row, 'flight_date') < before)
  return [
    prepared(
      {
        ...about,
        name: 'birdstrikes-train',
        title: 'Bird strikes 1990–1997',
        description: 'Reported wildlife strikes on flights before 1998, without costs. The model learns from these.',
        role: 'train',
      },
      flownIn('', '1998'),
    ),
    prepared(
      {
        ...about,
        name: 'birdstrikes-holdout',
        title: 'Bird strikes 1998–1999',
        description: 'Strikes on flights of 1998 and 1999, kept away from training. Criteria are judged on these.',
        role: 'test',
      },
      flownIn('1998', '2000'),
    ),
    prepared(
      {
        ...about,
        name: 'birdstrikes-live',
        title: 'Bird strikes from 2000',
        description: 'Strikes on flights from 2000 to 2002, replayed as live traffic with the damage known later.',
        role: 'live',
      },
      flownIn('2000', '9999'),
    ),
  ]
}

function weatherDatasets(): DemoDataset[] {
  const rows = weatherRows(readRaw('seattle-weather.csv'))
  const about = { target: 'temp_max_next_day', source: WEATHER_SOURCE } as const
  const isHoldout = (row: Row) => field(row, 'forecast_for') >= '2015'
  return [
    prepared(
      {
        ...about,
        name: 'weather-train',
        title: 'Seattle weather 2012–2014',
        description: 'One row a day: today, the six days before, and the maximum temperature of the day after, in °C.',
        role: 'train',
      },
      rows.filter((row) => !isHoldout(row)),
    ),
    prepared(
      {
        ...about,
        name: 'weather-holdout',
        title: 'Seattle weather 2015',
        description: 'The same for every forecast made for a day of 2015, kept away from training.',
        role: 'test',
      },
      rows.filter(isHoldout),
    ),
  ]
}

/**
 * The demo data sets, cleaned and split. The bytes are the same on every machine and at every call.
 * Cleaning: README.md beside this file.
 */
export function demoDatasets(): readonly DemoDataset[] {
  return [...birdDatasets(), ...weatherDatasets()]
}
