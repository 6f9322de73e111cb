/** Every fixture, walked. */
import { walkFixtures } from '../walk-fixtures.conformance.ts'
import { gemini } from './provider.ts'

walkFixtures(new URL('./fixtures/', import.meta.url), (variant) =>
  gemini(variant === 'vertex-ai' ? 'vertex-ai' : 'gemini-api'),
)
