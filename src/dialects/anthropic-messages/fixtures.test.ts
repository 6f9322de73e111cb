import { walkFixtures } from '../walk-fixtures.conformance.ts'
import { azureHost, vertexHost } from './hosts.ts'
import { anthropicMessages, anthropicOnBedrock } from './provider.ts'

const halves = {
  azure: anthropicMessages(azureHost),
  bedrock: anthropicOnBedrock,
  direct: anthropicMessages(),
  vertex: anthropicMessages(vertexHost),
}

walkFixtures(new URL('./fixtures/', import.meta.url), (variant = 'direct') => halves[variant as keyof typeof halves])
