import { walkFixtures } from '../walk-fixtures.conformance.ts'
import { cohereChat } from './provider.ts'

walkFixtures(new URL('./fixtures/', import.meta.url), () => cohereChat())
