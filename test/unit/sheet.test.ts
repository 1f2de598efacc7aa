import { deflateRawSync } from 'node:zlib'
import exceljs from 'exceljs'
import { describe, expect, test } from 'vitest'
import { readSheet } from '#db/sheet.server.ts'

async function aWorkbook(fill: (sheet: exceljs.Worksheet) => void): Promise<Uint8Array> {
  const workbook = new exceljs.Workbook()
  fill(workbook.addWorksheet('results'))
  return new Uint8Array(await workbook.xlsx.writeBuffer())
}

describe('a spreadsheet', () => {
  test('is read with its gaps, as far as it has values', async () => {
    const bytes = await aWorkbook((sheet) => {
      sheet.getCell('A1').value = 'name'
      sheet.getCell('C1').value = 'metrics.auc'
      sheet.getCell('B3').value = 2
      sheet.mergeCells('A5:B6')
    })
    expect((await readSheet(bytes)).slice(0, 3)).toEqual([['name', '', 'metrics.auc'], [], ['', '2']])
  })

  test.each([
    [
      'far columns',
      (sheet: exceljs.Worksheet) => {
        for (let row = 1; row <= 60; row += 1) sheet.getCell(row, 16_384).value = 1
      },
    ],
    [
      'a far row',
      (sheet: exceljs.Worksheet) => {
        sheet.getCell(1_048_576, 1).value = 1
      },
    ],
    [
      'too many rows',
      (sheet: exceljs.Worksheet) => {
        for (let row = 1; row <= 2002; row += 1) sheet.getCell(row, 1).value = 1
      },
    ],
  ])('with %s is refused at once', async (_, fill) => {
    const bytes = await aWorkbook(fill)
    await expect(readSheet(bytes)).rejects.toMatchObject({ code: 'invalid', message: /at most 2000 rows/ })
  })

  test('that unpacks to more than its directory claims is refused before it is unpacked', async () => {
    const packed = deflateRawSync(Buffer.alloc(64 * 1024 * 1024))
    const header = Buffer.alloc(30)
    header.write('PK\u0003\u0004', 'latin1')
    header.writeUInt16LE(8, 8)
    await expect(readSheet(Buffer.concat([header, packed]))).rejects.toMatchObject({
      code: 'invalid',
      message: 'The spreadsheet is too large unpacked.',
    })
  })
})
