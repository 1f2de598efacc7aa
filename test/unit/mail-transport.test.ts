import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { calendarText } from '#app/domain/calendar.ts'
import type { Mail } from '#workers/mail/transport.ts'
import { smtpTransport } from '#workers/mail/transport.ts'

/** A mail server that takes everything; what it took is returned as it came over the wire. */
async function received(mail: Mail): Promise<string> {
  let message = ''
  const server = createServer((socket) => {
    let isData = false
    socket.write('220 test\r\n')
    socket.on('data', (piece) => {
      const text = piece.toString()
      if (isData) {
        message += text
        if (message.endsWith('\r\n.\r\n')) {
          isData = false
          socket.write('250 taken\r\n')
        }
        return
      }
      isData = text.startsWith('DATA')
      socket.write(isData ? '354 go on\r\n' : text.startsWith('QUIT') ? '221 bye\r\n' : '250 fine\r\n')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // listens on a port, so it is no pipe
  await smtpTransport({ url: `smtp://127.0.0.1:${String(port)}`, from: 'portal@firm.test' }).send(mail)
  await new Promise((resolve) => server.close(resolve))
  return message
}

const MAIL: Mail = {
  id: '11111111-1111-4111-8111-111111111111',
  toAddress: 'ann@acme.test',
  toName: 'Ann',
  subject: 'Meeting: Review',
  body: 'Come.',
  links: [],
  calendar: null,
}

test('a mail with a calendar carries it with its method, as an alternative and as a file (RFC 6047)', async () => {
  const attendee = { name: 'Ann', email: 'ann@acme.test' }
  const entry = {
    id: MAIL.id,
    title: 'Review',
    startsAt: new Date('2026-03-05T08:30:00Z'),
    lengthMinutes: 45,
    place: '',
    state: 'planned',
    sequence: 0,
    changedAt: new Date('2026-03-01T10:00:00Z'),
    url: 'https://portal.test/m/1',
    agenda: [],
    organizer: { name: 'Lea', email: 'lead@firm.test' },
  } as const
  const calendar = calendarText([entry], { method: 'cancel', attendee }, new Date('2026-03-02T09:00:00Z'))
  const message = await received({ ...MAIL, calendar })
  expect(message).toMatch(/Content-Type: text\/calendar; charset=utf-8; method=CANCEL/)
  expect(message).toMatch(/filename=meeting\.ics/)
  const encoded = message
    .split(/\r\n--[^\r\n]+/)
    .filter((part) => part.includes('Content-Transfer-Encoding: base64'))
    .map((part) => part.slice(part.indexOf('\r\n\r\n') + 4))
  expect(encoded.map((part) => Buffer.from(part, 'base64').toString())).toContain(calendar)
})

test('a mail without one carries none', async () => {
  expect(await received(MAIL)).not.toMatch(/calendar/i)
})
