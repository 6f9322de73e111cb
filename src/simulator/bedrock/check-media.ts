/**
 * What images and documents in messages must be.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html,
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html
 */
import type { Conversation } from './check-converse.ts'
import type { ContentBlock, DocumentBlock, MediaBlock, ResultBlock } from './converse-request.ts'
import { invalid } from './errors.ts'

const most = { images: 20, documents: 5 }
const megabyte = 1024 * 1024
const largest = { image: 3.75 * megabyte, document: 4.5 * megabyte }

type Found<Block> = [place: string, block: Block]

/** Counts, sizes, names and formats. */
export function checkMedia({ messages }: Conversation): void {
  const names = new Set<string>()
  for (const [index, { content }] of messages.entries()) {
    const place = `messages.${index}.content`
    const { images, documents } = mediaIn(content, place)
    if (images.length > most.images)
      throw invalid(`${place} has ${images.length} images. A message may have up to ${most.images}.`)
    if (documents.length > most.documents) {
      throw invalid(`${place} has ${documents.length} documents. A message may have up to ${most.documents}.`)
    }
    for (const [where, image] of images) checkImage(image, where)
    for (const [where, document] of documents) checkDocument(document, where, names)
    if (content.some(({ document }) => document) && !content.some(({ text }) => text !== undefined)) {
      throw invalid(`${place}: a message with a document block must have a text block as well.`)
    }
  }
}

/** Those of the message itself, and those in the results of tools. */
function mediaIn(content: readonly ContentBlock[], place: string) {
  const images: Found<MediaBlock>[] = []
  const documents: Found<DocumentBlock>[] = []
  const look = (blocks: readonly ResultBlock[], where: string) => {
    for (const [index, { image, document }] of blocks.entries()) {
      if (image) images.push([`${where}.${index}.image`, image])
      if (document) documents.push([`${where}.${index}.document`, document])
    }
  }
  look(content, place)
  for (const [index, { toolResult }] of content.entries())
    look(toolResult?.content ?? [], `${place}.${index}.toolResult.content`)
  return { images, documents }
}

const bytesIn = (base64: string) => (base64.length / 4) * 3

/** The first bytes of the formats of images, in hexadecimal. */
const beginnings: Record<string, RegExp> = {
  png: /^89504e47/,
  jpeg: /^ffd8ff/,
  gif: /^47494638/,
  webp: /^52494646.{8}57454250/,
}

function checkImage({ format, source }: MediaBlock, place: string): void {
  if (source.bytes === undefined) return
  if (bytesIn(source.bytes) > largest.image) throw invalid(`The image at ${place} is larger than 3.75 MB.`)
  const beginning = Buffer.from(source.bytes.slice(0, 24), 'base64').toString('hex')
  if (!beginnings[format]!.test(beginning)) throw invalid('Could not process image')
}

function checkDocument({ format, name, source }: DocumentBlock, place: string, names: Set<string>): void {
  if (!/^[a-zA-Z0-9\s\-()[\]]+$/.test(name) || /\s\s/.test(name)) {
    throw invalid(
      `The value at ${place}.name is invalid. The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets. The name can't contain more than one consecutive whitespace character.`,
    )
  }
  if (names.has(name)) throw invalid(`Messages contain more than one document with the name '${name}'.`)
  names.add(name)
  const isFile = source.bytes !== undefined || source.s3Location !== undefined
  if (isFile && format === undefined)
    throw invalid(`The format at ${place} is missing. A document of bytes must have one.`)
  if (source.bytes !== undefined && bytesIn(source.bytes) > largest.document) {
    throw invalid(`The document at ${place} is larger than 4.5 MB.`)
  }
}
