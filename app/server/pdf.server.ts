import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const FONTS = {
  regular: require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'),
  bold: require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf'),
  mono: require.resolve('dejavu-fonts-ttf/ttf/DejaVuSansMono.ttf'),
}

/** What a printed page is made of. */
export type Block =
  | { readonly kind: 'title' | 'heading' | 'text' | 'small' | 'code'; readonly text: string }
  | { readonly kind: 'rows'; readonly rows: readonly (readonly [string, string])[] }

const MARGIN = 56
const SIZES = { title: 18, heading: 12, text: 9.5, small: 8, code: 7 } as const

/**
 * Print blocks on A4 with page numbers. The same blocks and time give the same bytes, so that a print can be compared
 * with one made years later.
 */
export async function printPdf(
  about: { readonly title: string; readonly at: Date; readonly footer: string },
  blocks: readonly Block[],
): Promise<Buffer> {
  // A large library that few requests need: it is loaded for the first of them.
  const { default: PDFDocument } = await import('pdfkit')
  const doc = new PDFDocument({
    size: 'A4',
    margin: MARGIN,
    bufferPages: true,
    lang: 'en-GB',
    info: { Title: about.title, Producer: 'Throughline', Creator: 'Throughline', CreationDate: about.at },
  })
  const chunks: Buffer[] = []
  const ended = new Promise<Buffer>((resolve, reject) => {
    doc.on('data', (chunk: Buffer) => chunks.push(chunk))
    doc.on('end', () => resolve(Buffer.concat(chunks)))
    doc.on('error', reject)
  })
  for (const [name, file] of Object.entries(FONTS)) doc.registerFont(name, file)
  for (const block of blocks) print(doc, block)
  printFooters(doc, about.footer)
  doc.end()
  return ended
}

function print(doc: PDFKit.PDFDocument, block: Block): void {
  if (block.kind === 'rows') {
    for (const [term, value] of block.rows) {
      doc.font('bold').fontSize(SIZES.small).fillColor('#555e6a').text(term)
      doc.font('regular').fontSize(SIZES.text).fillColor('#16191d').text(value, { indent: 8 }).moveDown(0.35)
    }
    return
  }
  const isHead = block.kind === 'title' || block.kind === 'heading'
  if (block.kind === 'heading') doc.moveDown(0.8)
  doc
    .font(isHead ? 'bold' : block.kind === 'code' ? 'mono' : 'regular')
    .fontSize(SIZES[block.kind])
    .fillColor(block.kind === 'small' ? '#555e6a' : '#16191d')
    .text(block.text)
    .moveDown(0.5)
}

function printFooters(doc: PDFKit.PDFDocument, footer: string): void {
  const { start, count } = doc.bufferedPageRange()
  for (let page = start; page < start + count; page += 1) {
    doc.switchToPage(page)
    doc.page.margins.bottom = 0 // else a line below the margin would begin a page of its own
    doc
      .font('regular')
      .fontSize(7)
      .fillColor('#555e6a')
      .text(`${footer} · page ${String(page + 1)} of ${String(count)}`, MARGIN, doc.page.height - 36, {
        width: doc.page.width - 2 * MARGIN,
        lineBreak: false,
      })
  }
}
