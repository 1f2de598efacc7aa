import { Writable } from 'node:stream'
import type Docker from 'dockerode'
import { expect } from 'vitest'

/** Run a script of the host's language in a container of these options. */
export async function inside(
  docker: Docker,
  options: Docker.ContainerCreateOptions,
  script: string,
): Promise<{ said: string; status: number; isOom: boolean }> {
  const { HostConfig, ...rest } = options
  const container = await docker.createContainer({
    ...rest,
    HostConfig: { ...HostConfig, AutoRemove: false },
    Cmd: ['-e', script],
  })
  const line = await container.attach({ stream: true, stdout: true, stderr: true })
  let said = ''
  const sink = new Writable({
    write(piece: Buffer, _encoding, done) {
      said += piece.toString()
      done()
    },
  })
  docker.modem.demuxStream(line, sink, sink)
  await container.start()
  const { StatusCode } = (await container.wait()) as { StatusCode: number } // typed as any by the library
  const isOom = (await container.inspect()).State.OOMKilled
  await container.remove({ force: true })
  return { said, status: StatusCode, isOom }
}

/** What a container of these options may do, as its own code finds out. */
export async function rightsInside(docker: Docker, options: Docker.ContainerCreateOptions): Promise<unknown> {
  const { said } = await inside(
    docker,
    options,
    `const fs = require('fs'), net = require('net'), os = require('os')
       const status = fs.readFileSync('/proc/self/status', 'utf8')
       const pick = (name) => status.match(new RegExp(name + ':\\\\s+(\\\\S+)'))[1]
       const attempt = (act) => { try { act(); return 'done' } catch (error) { return error.code } }
       const connect = (host, port) => new Promise((resolve) => {
         const socket = net.connect({ host, port, timeout: 2000 })
         socket.on('connect', () => resolve('reached')).on('error', (error) => resolve(error.code)).on('timeout', () => resolve('timeout'))
       })
       Promise.all([connect('169.254.169.254', 80), connect('172.17.0.1', 22), connect('192.0.2.1', 80)]).then((reached) => console.log(JSON.stringify({
         uid: process.getuid(), capEff: pick('CapEff'), capBnd: pick('CapBnd'), noNewPrivs: pick('NoNewPrivs'), seccomp: pick('Seccomp'),
         root: attempt(() => fs.writeFileSync('/x', '')), tmp: attempt(() => fs.writeFileSync('/tmp/x', '')),
         socket: fs.existsSync('/var/run/docker.sock'), shell: fs.existsSync('/bin/sh'), work: fs.existsSync('/work'),
         interfaces: Object.keys(os.networkInterfaces()), environment: Object.keys(process.env).sort(), reached,
       })))`,
  )
  return JSON.parse(said)
}

/** What nothing of ours in a container may be found to have. */
export const NO_RIGHTS_SEEN = {
  uid: 10_001,
  capEff: '0000000000000000',
  capBnd: '0000000000000000',
  noNewPrivs: '1',
  seccomp: '2',
  root: 'EROFS',
  tmp: 'done',
  socket: false,
  shell: false,
  work: false,
  interfaces: ['lo'],
  environment: expect.not.arrayContaining(['DATA_DIR', 'SERVING_SECRET']),
  reached: ['ENETUNREACH', 'ENETUNREACH', 'ENETUNREACH'],
}
