import { expect, test } from 'vitest'
import { metricsText } from './metrics.ts'

test('numbers are told a line each, with what they are', () => {
  const text = metricsText([
    { name: 'asbru_store_bytes', help: 'All of it.', values: [{ value: 4096 }] },
    {
      name: 'asbru_jobs',
      help: 'Jobs.',
      values: [
        { label: { name: 'state', value: 'pending' }, value: 2 },
        { label: { name: 'state', value: 'a "b" \\ \n' }, value: 0.5 },
      ],
    },
  ])
  expect(text).toBe(
    [
      '# HELP asbru_store_bytes All of it.',
      '# TYPE asbru_store_bytes gauge',
      'asbru_store_bytes 4096',
      '# HELP asbru_jobs Jobs.',
      '# TYPE asbru_jobs gauge',
      'asbru_jobs{state="pending"} 2',
      'asbru_jobs{state="a \\"b\\" \\\\ \\n"} 0.5',
      '',
    ].join('\n'),
  )
})
