import { createTransport } from 'nodemailer'

export interface Mail {
  readonly id: string
  readonly toAddress: string
  readonly toName: string
  readonly subject: string
  readonly body: string
  readonly links: readonly { readonly label: string; readonly url: string }[]
  /** An invitation for the reader's calendar (RFC 5545); null without one. */
  readonly calendar: string | null
}

export interface MailTransport {
  /** @throws when the server did not take it; the task tries again */
  send(mail: Mail): Promise<void>
}

const TIMEOUT_MS = 15_000

/** The only place that knows nodemailer. The message id is the outbox row's, so that a repeated mail can be told. */
export function smtpTransport(options: { url: string; from: string }): MailTransport {
  const transport = createTransport({
    url: options.url,
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
  })
  return {
    async send(mail) {
      await transport.sendMail({
        from: options.from,
        messageId: `<${mail.id}@throughline>`,
        to: { name: mail.toName, address: mail.toAddress },
        subject: mail.subject,
        ...(mail.calendar === null ? {} : { icalEvent: { ...invitationOf(mail.calendar), filename: 'meeting.ics' } }),
        text: `${mail.body}\n\n${mail.links.map((link) => `${link.label}: ${link.url}`).join('\n')}\n`,
      })
    },
  }
}

/** The message says the method of the calendar in it once more (RFC 6047, 2.4). */
function invitationOf(calendar: string): { method: string; content: string } {
  return { method: /^METHOD:([A-Z]+)/m.exec(calendar)?.[1] ?? 'PUBLISH', content: calendar }
}
