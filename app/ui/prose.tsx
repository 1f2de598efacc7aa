import type { ReactNode } from 'react'

/**
 * Prose that people typed, in a small part of Markdown: paragraphs, lists, headings, emphasis, code and links to the web.
 * It becomes elements, never HTML: whatever else stands in it is shown as it was typed.
 */
export function Prose({ text }: { text: string }) {
  return (
    <div className="prose-width grid gap-2 whitespace-normal">
      {blocksOf(text).map((block, index) => (
        // Blocks have no other identity than their place.
        <Block key={index} lines={block} />
      ))}
    </div>
  )
}

/** Runs of lines with an empty line between. */
function blocksOf(text: string): string[][] {
  const blocks: string[][] = [[]]
  for (const line of text.split('\n')) {
    if (line.trim() === '') blocks.push([])
    else blocks.at(-1)?.push(line)
  }
  return blocks.filter((block) => block.length > 0)
}

const ITEM = /^\s*(?:[-*]|\d+[.)])\s+/

function Block({ lines }: { lines: readonly string[] }) {
  const [first = ''] = lines
  if (lines.every((line) => ITEM.test(line))) {
    const items = lines.map((line, index) => <li key={index}>{inline(line.replace(ITEM, ''))}</li>)
    return /^\s*\d/.test(first) ? (
      <ol className="list-decimal pl-5">{items}</ol>
    ) : (
      <ul className="list-disc pl-5">{items}</ul>
    )
  }
  // The page has its own headings: one inside prose is only strong.
  if (/^#{1,6}\s/.test(first) && lines.length === 1)
    return <p className="font-semibold">{inline(first.replace(/^#+\s/, ''))}</p>
  return (
    <p>
      {lines.map((line, index) => (
        <span key={index}>
          {index === 0 ? null : <br />}
          {inline(line)}
        </span>
      ))}
    </p>
  )
}

const INLINE = /(\*\*[^*\n]+\*\*|\*[^*\s][^*\n]*\*|`[^`\n]+`|\[[^\]\n]+\]\(https?:\/\/[^\s()]+\))/

function inline(text: string): ReactNode[] {
  return text.split(INLINE).map((part, index) => {
    if (index % 2 === 0) return part
    if (part.startsWith('**')) return <strong key={index}>{part.slice(2, -2)}</strong>
    if (part.startsWith('*')) return <em key={index}>{part.slice(1, -1)}</em>
    if (part.startsWith('`')) {
      return (
        <code key={index} className="rounded bg-sunken px-1 font-mono text-sm">
          {part.slice(1, -1)}
        </code>
      )
    }
    const link = /^\[([^\]]+)\]\((.+)\)$/.exec(part)
    return (
      <a key={index} href={link?.[2] ?? ''} rel="noreferrer noopener nofollow">
        {link?.[1] ?? part}
      </a>
    )
  })
}
