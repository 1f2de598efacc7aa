import { findMail, saveMailOutcome } from '#db/queries/people.ts'
import type { TaskHandler } from '#workers/task.ts'

/** Send one mail of the outbox. Safe to repeat: a mail that went out is not sent again. */
export const sendMail: TaskHandler<'send_mail'> = async ({ mailId }, shell) => {
  await shell.database.as({}, async (tx) => {
    const mail = await findMail(tx, mailId)
    if (!mail || mail.sentAt !== null) return
    if (shell.mail) await shell.mail.send(mail)
    await saveMailOutcome(tx, mail.id, shell.mail ? 'sent' : 'kept', shell.now())
  })
}
