import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DueJob, type RunningJobs, takeTurns } from './job-turns.ts'

const none = Number.POSITIVE_INFINITY

/** Jobs as `owner provider rank`, the oldest first; told by their place in the list. */
function turnsOf(
  jobs: readonly string[],
  options: { limit?: number; perProvider?: number; perOwner?: number; running?: RunningJobs[]; last?: string[] } = {},
): number[] {
  const { limit = 99, perProvider = none, perOwner = none, running = [], last = [] } = options
  const due = jobs.map((text, sequence): DueJob => {
    const [owner = '', provider = 'p', rank = '0'] = text.split(' ')
    return { owner, provider, rank: Number(rank), runAt: 0, sequence }
  })
  const queues = Map.groupBy(due, ({ owner, provider, rank }) => `${owner} ${provider} ${rank}`)
  const lastTurns = new Map(last.map((owner, index) => [owner, 10 + index]))
  const turns = { queues: [...queues.values()], running, lastTurns, limit, perProvider, perOwner }
  return takeTurns(turns).map(({ sequence }) => sequence)
}

describe('takeTurns', () => {
  it.each<[string, string[], Parameters<typeof turnsOf>[1], number[]]>([
    ['nothing is due', [], {}, []],
    ['there is no room', ['a', 'a'], { limit: 0 }, []],
    ['one owner alone: by age', ['a', 'a', 'a'], { limit: 2 }, [0, 1]],
    ['lower ranks first, whoever has them', ['a p 1', 'b p 0', 'a p -1'], {}, [2, 1, 0]],
    ['owners in turn', ['a', 'a', 'a', 'b', 'c', 'b'], {}, [0, 3, 4, 1, 5, 2]],
    ['who had a turn last comes last', ['a', 'b', 'c'], { last: ['b', 'a'] }, [2, 1, 0]],
    ['who never had one comes first, by age', ['a', 'c', 'b'], { last: ['a'] }, [1, 2, 0]],
    ['a turn counts for all ranks', ['a p 0', 'a p 1', 'b p 1'], {}, [0, 2, 1]],
    ['what is nobody’s has its turn like an owner', ['a', 'a', ' p', ' p'], {}, [0, 2, 1, 3]],
    ['a provider that is busy', ['a p', 'a q', 'a p'], { perProvider: 1 }, [0, 1]],
    [
      'a provider that was busy',
      ['a p', 'a q'],
      { perProvider: 1, running: [{ owner: 'z', provider: 'p', count: 1 }] },
      [1],
    ],
    ['a busy provider holds up nobody behind it', ['a p', 'a p', 'a p', 'a q'], { perProvider: 1 }, [0, 3]],
    ['an owner that is busy', ['a', 'a', 'b'], { perOwner: 1 }, [0, 2]],
    ['an owner that was busy', ['a', 'b'], { perOwner: 2, running: [{ owner: 'a', provider: 'z', count: 2 }] }, [1]],
    ['nobody is never busy', [' p', ' p', ' p'], { perOwner: 1 }, [0, 1, 2]],
    ['urgent jobs of a busy owner wait all the same', ['a p -9', 'a p -9', 'b p 0'], { perOwner: 1 }, [0, 2]],
  ])('%s', (_, jobs, options, expected) => {
    expect(turnsOf(jobs, options)).toEqual(expected)
  })

  const owner = fc.constantFrom('', 'a', 'b', 'c')
  const job = fc.tuple(owner, fc.constantFrom('p', 'q'), fc.constantFrom('0', '0', '1')).map((parts) => parts.join(' '))
  const slots = fc.constantFrom(1, 2, 4, none)

  it('keeps to every limit, and leaves nothing that could begin', () => {
    fc.assert(
      fc.property(fc.array(job), fc.nat(8), slots, slots, (jobs, limit, perProvider, perOwner) => {
        const chosen = turnsOf(jobs, { limit, perProvider, perOwner })
        const count = (part: 0 | 1, name: string) => chosen.filter((at) => jobs[at]!.split(' ')[part] === name).length
        const isFree = (owner: string, provider: string) =>
          count(1, provider) < perProvider && (owner === '' || count(0, owner) < perOwner)
        expect(new Set(chosen).size).toBe(chosen.length)
        expect(chosen.length).toBeLessThanOrEqual(limit)
        for (const provider of ['p', 'q']) expect(count(1, provider)).toBeLessThanOrEqual(perProvider)
        for (const name of ['a', 'b', 'c']) expect(count(0, name)).toBeLessThanOrEqual(perOwner)
        if (chosen.length === limit) return
        const left = jobs.filter((_, at) => !chosen.includes(at))
        expect(left.filter((text) => isFree(text.split(' ')[0]!, text.split(' ')[1]!))).toEqual([])
      }),
    )
  })

  it('gives owners of as urgent jobs as many turns, give or take one, while they have any', () => {
    fc.assert(
      fc.property(fc.array(owner, { minLength: 1, maxLength: 60 }), fc.nat(20), (owners, limit) => {
        const chosen = turnsOf(
          owners.map((name) => `${name} p`),
          { limit },
        ).map((at) => owners[at]!)
        const counts = (list: readonly string[], name: string) => list.filter((other) => other === name).length
        for (const one of new Set(owners)) {
          for (const other of new Set(owners)) {
            // Whoever has fewer has none left, or is one behind at most.
            const [few, many] = [counts(chosen, one), counts(chosen, other)]
            if (few < many - 1) expect(few).toBe(counts(owners, one))
          }
        }
      }),
    )
  })

  it('takes ten thousand owners', () => {
    const jobs = Array.from({ length: 10_000 }, (_, index) => `owner-${index}`)
    expect(turnsOf(jobs, { limit: 50 })).toEqual(Array.from({ length: 50 }, (_, index) => index))
  })
})
