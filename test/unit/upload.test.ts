import { describe, expect, test } from 'vitest'
import { readSmallFiles } from '#app/server/upload.ts'

const LIMITS = { filesMax: 2, bytesMax: 10 }
const PART = '--XX\r\nContent-Disposition: form-data; name="file"; filename="a.whl"\r\n\r\nabc'

const sent = (body: string, type = 'multipart/form-data; boundary=XX') =>
  new Request('http://here/', { method: 'POST', headers: { 'content-type': type }, body })

describe('a form with files', () => {
  test('is read with what its fields say', async () => {
    const values: Record<string, string> = {}
    const field = '--XX\r\nContent-Disposition: form-data; name="note"\r\n\r\nüber\r\n'
    const read = await readSmallFiles(sent(`${field}${PART}\r\n--XX--\r\n`), values, LIMITS)
    expect(read).toEqual({ files: [{ fileName: 'a.whl', bytes: Buffer.from('abc') }] })
    expect(values).toEqual({ note: 'über' })
  })

  test.each([
    ['is no such form', sent('a=1', 'application/x-www-form-urlencoded')],
    ['names no boundary', sent('x', 'multipart/form-data')],
    ['is cut off in a file', sent(PART)],
    ['is cut off in a header', sent('--XX\r\nContent-Disp')],
    ['has a header without a colon', sent('--XX\r\nContent-Disposition form-data\r\n\r\nabc\r\n--XX--\r\n')],
    [
      'has a header that is not closed',
      sent('--XX\r\nContent-Disposition: form-data; name="file\r\n\r\n\r\n--XX--\r\n'),
    ],
  ])('that %s is answered as what its sender did wrong', async (_, request) => {
    await expect(readSmallFiles(request, {}, LIMITS)).rejects.toMatchObject({ status: 400 })
  })

  test('of too many files, or too large ones, is read to its end and refused', async () => {
    const many = await readSmallFiles(sent(`${PART}\r\n${PART}\r\n${PART}\r\n--XX--\r\n`), {}, LIMITS)
    expect(many).toEqual({ refusal: 'At most 2 files can be sent at once.' })
    const large = await readSmallFiles(sent(`${PART.replace('abc', 'a'.repeat(11))}\r\n--XX--\r\n`), {}, LIMITS)
    expect(large).toMatchObject({ refusal: expect.stringContaining('together') as string })
  })
})
