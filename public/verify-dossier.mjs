#!/usr/bin/env node
/**
 * Check a dossier or an export of the decision record on any computer:
 *
 *   node verify-dossier.mjs DOSSIER.json [--key 0123456789abcdef]
 *
 * It needs Node.js 20 or later and nothing else. It checks, and names the first thing that does not hold:
 *   - the seal: an Ed25519 signature of the SHA-256 of the canonical JSON (RFC 8785) of the content;
 *   - the chain: each record's text has its hash, and names the hash of the record before it;
 *   - what was shown: each document has the hash that its decision was bound to;
 *   - the checkpoints: signed notes of how far the chain went at a time, so that its end cannot be cut off.
 * `--key` is the key you trust: it stands in every receipt by mail and on the evidence page. Without it the file is
 * checked against the key that it names itself, and you have to compare that key.
 * Exit code 0: all of it holds. 1: something does not. 2: the file cannot be read.
 */
import { createHash, createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'

const sha256 = (content) => createHash('sha256').update(content).digest('hex')

/** RFC 8785: members sorted by UTF-16 code units, numbers and strings as ECMAScript writes them. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const members = Object.keys(value).sort()
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`
}

function keyId(pem) {
  return sha256(createPublicKey(pem).export({ type: 'spki', format: 'der' })).slice(0, 16)
}

function isSigned(pem, text, signature) {
  return verify(null, Buffer.from(text), createPublicKey(pem), Buffer.from(signature, 'base64'))
}

function ensure(holds, sentence) {
  if (!holds) throw new Error(sentence)
}

function checkSeal({ content, seal }, trusted) {
  ensure(keyId(seal.publicKey) === seal.keyId, 'the seal: its key is not the one that it names')
  ensure(!trusted || seal.keyId === trusted, `the seal: it is of key ${seal.keyId}, not of ${trusted}`)
  ensure(sha256(canonical(content)) === seal.sha256, 'the seal: the content was changed after it was sealed')
  ensure(isSigned(seal.publicKey, seal.sha256, seal.signature), 'the seal: its signature is false')
}

function checkChain({ organisationId, links }) {
  const hashes = new Map()
  let before = { seq: 0, hash: '0'.repeat(64) }
  for (const link of links) {
    const name = `record no. ${link.seq}`
    ensure(link.seq === before.seq + 1, `${name}: expected number ${before.seq + 1}, found ${link.seq}`)
    ensure(link.prevHash === before.hash, `${name}: it does not name the hash of the decision before it`)
    ensure((link.body === undefined) === (link.document === undefined), `${name}: it is neither whole nor sealed`)
    if (link.body !== undefined) checkRecord(link, name, organisationId)
    hashes.set(link.seq, link.hash)
    before = link
  }
  return hashes
}

function checkRecord(link, name, organisationId) {
  ensure(sha256(link.body) === link.hash, `${name}: its text does not have its hash`)
  const said = JSON.parse(link.body)
  const isItsPlace = said.seq === link.seq && said.prevHash === link.prevHash
  ensure(isItsPlace, `${name}: its text does not say its place in the chain`)
  ensure(said.organisationId === organisationId, `${name}: it is of another organisation`)
  const isWhatWasShown = sha256(link.document) === said.subject.sha256
  ensure(isWhatWasShown, `${name}: what was shown does not have the hash that was signed`)
}

function checkCheckpoint(checkpoint, { hashes, organisationId, seal }) {
  const said = /^throughline\.checkpoint\/1\norganisation (\S+)\nrecords (\d+)\nhash ([0-9a-f]{64})\nat \S+\n$/.exec(
    checkpoint.note,
  )
  const name = `checkpoint ${said ? said[2] : '?'}`
  const isSameKey = checkpoint.keyId === seal.keyId && checkpoint.publicKey === seal.publicKey
  ensure(isSameKey, `${name}: it is of another key than the file`)
  ensure(isSigned(checkpoint.publicKey, checkpoint.note, checkpoint.signature), `${name}: its signature is false`)
  ensure(said !== null, `${name}: it cannot be read`)
  ensure(said[1] === organisationId, `${name}: it is of another organisation`)
  const held = hashes.get(Number(said[2]))
  ensure(held !== undefined, `${name}: the record ends before it: something was taken away`)
  ensure(held === said[3], `${name}: the record says another hash there: something was changed`)
}

function main([file, option, trusted]) {
  if (!file || (option !== undefined && option !== '--key')) {
    process.stderr.write('Usage: node verify-dossier.mjs FILE.json [--key KEY]\n')
    return 2
  }
  let sealed
  try {
    sealed = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    process.stderr.write(`${file} cannot be read: ${error.message}\n`)
    return 2
  }
  try {
    checkSeal(sealed, trusted)
    const { record } = sealed.content
    const hashes = checkChain(record)
    for (const checkpoint of record.checkpoints)
      checkCheckpoint(checkpoint, { hashes, organisationId: record.organisationId, seal: sealed.seal })
    const whole = record.links.filter((link) => link.body !== undefined).length
    process.stdout.write(
      `It holds: ${record.links.length} records (${whole} whole), ${record.checkpoints.length} checkpoints, key ${sealed.seal.keyId}.\n`,
    )
    if (!trusted) process.stdout.write('Compare this key with the one in a receipt: the file names it itself.\n')
    return 0
  } catch (error) {
    process.stderr.write(`It does not hold. ${error.message}\n`)
    return 1
  }
}

process.exitCode = main(process.argv.slice(2))
