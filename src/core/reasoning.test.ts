/** Efforts and budgets, and that they find each other again. */
import { describe, expect, test } from 'vitest'
import type { Reasoning } from './chat.ts'
import { budgetOfEffort, effortOfBudget, efforts, nearestEffort, wantedBudget, wantedEffort } from './reasoning.ts'

describe('the nearest effort', () => {
  test.each<[string, string[], string | undefined]>([
    ['low', ['low', 'high'], 'low'],
    ['minimal', ['low', 'medium', 'high'], 'low'],
    ['xhigh', ['none', 'low', 'medium', 'high'], 'high'],
    ['max', ['low', 'high', 'xhigh'], 'xhigh'],
    ['none', ['low', 'high'], undefined],
    ['none', ['none', 'high'], 'none'],
    ['minimal', ['none', 'high'], 'high'],
    ['a new word', ['low'], 'a new word'],
  ])('to %s among %j is %s', (wanted, offered, expected) => expect(nearestEffort(wanted, offered)).toBe(expected))
})

describe('a budget', () => {
  test.each([
    [0, undefined, 'none'],
    [-1, 1000, 'none'],
    [2000, 10_000, 'low'],
    [5000, 10_000, 'medium'],
    [8000, 10_000, 'high'],
    [1024, undefined, 'low'],
    [8192, undefined, 'medium'],
    [100_000, undefined, 'high'],
    // A cap that the budget does not fit into says nothing.
    [4096, 100, 'low'],
  ])('of %i with a cap of %s is %s', (budget, cap, expected) => expect(effortOfBudget(budget, cap)).toBe(expected))

  test.each(['low', 'medium', 'high'])('made of %s is read as the same', (effort) => {
    for (const cap of [undefined, 100, 4096, 200_000])
      expect(effortOfBudget(budgetOfEffort(effort, cap), cap)).toBe(effort)
  })

  test('grows with the effort', () => {
    const budgets = efforts.map((effort) => budgetOfEffort(effort, 10_000))
    expect(budgets).toEqual(budgets.toSorted((one, other) => one - other))
    expect(new Set(budgets).size).toBe(efforts.length)
  })
})

describe('a wish', () => {
  test.each<[Reasoning, string | undefined, number | undefined]>([
    [{}, undefined, undefined],
    [{ effort: 'high' }, 'high', 8000],
    [{ effort: 'none' }, 'none', 0],
    [{ enabled: false }, 'none', 0],
    [{ enabled: true }, 'medium', 5000],
    [{ maxTokens: 2000 }, 'low', 2000],
    [{ maxTokens: 0 }, 'none', 0],
    [{ enabled: true, maxTokens: 9000 }, 'high', 9000],
    [{ effort: 'low', maxTokens: 9000 }, 'low', 9000],
  ])('%j is the effort %s and a budget of %s', (wish, effort, budget) => {
    expect(wantedEffort(wish, 10_000)).toBe(effort)
    expect(wantedBudget(wish, 10_000)).toBe(budget)
  })
})
