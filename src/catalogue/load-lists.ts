/**
 * Reads the price lists. The package that is published has them as JSON, in the form they are used in: that takes a few milliseconds and little
 * memory. Where the sources run as they are, they come out of the package they are made of, which is half a megabyte of program to compile.
 */
import { readFile } from 'node:fs/promises'
import { readJson } from '../core/parse-json.ts'
import { type PriceList, priceLists } from './price-list.ts'

/** Beside this file, in the published package. */
const listsFile = new URL('./price-lists.json', import.meta.url)

let lists: Promise<readonly PriceList[]> | undefined

/** They never change while the process runs, and several houses may be open in it. */
export function loadPriceLists(): Promise<readonly PriceList[]> {
  lists ??= readLists(listsFile)
  return lists
}

/** Of a file that was written by `write-lists.ts`, where there is one. */
export async function readLists(file: URL): Promise<readonly PriceList[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  return text === undefined ? listsOfPackage() : (readJson(text) as { lists: PriceList[] }).lists
}

/** The lists as the package has them. */
export async function listsOfPackage(): Promise<readonly PriceList[]> {
  const { waitForUpdate } = await import('@pydantic/genai-prices')
  return priceLists((await waitForUpdate()) ?? [])
}
