#!/usr/bin/env node
// Starts Asbru. Plain JavaScript that any Node parses: below the version we need it hands over to the Node that travels with the package.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module, { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import v8 from 'node:v8'

const needed = 24

if (Number(process.versions.node.split('.')[0]) >= needed) await start()
else handOver()

/** The package ships compiled; a clone runs its sources as they are. */
async function start() {
  // Collect garbage before the heap has grown by half, not after it has doubled: a fifth less memory under load, for no time that could be measured.
  v8.setFlagsFromString('--heap-growing-percent=40')
  // What has been compiled once is not compiled again: a second start takes about half as long. Where nothing can be written, nothing is kept.
  module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/asbru', import.meta.url)))
  const compiled = new URL('../dist/cli/main.js', import.meta.url)
  const source = new URL('../src/cli/main.ts', import.meta.url)
  const { main } = await import((existsSync(source) ? source : compiled).href)
  await main(process.argv)
}

function handOver() {
  const node = carriedNode()
  if (node === undefined) {
    console.error(
      `asbru needs Node ${needed} or newer; this is ${process.version}, and no Node came with the package for ${process.platform} ${process.arch}.`,
    )
    process.exit(1)
  }
  const child = spawn(node, ['--max-semi-space-size=8', fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`asbru could not start ${node}: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code === null ? 1 : code)
    // Our own listener would keep the signal from ending this process.
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

function carriedNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/package.json`)
    const node = fileURLToPath(new URL('bin/node', `file://${manifest}`))
    return existsSync(node) ? node : undefined
  } catch {
    return undefined
  }
}
