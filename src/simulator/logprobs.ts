/** Log probabilities of tokens, made up but steady. https://platform.openai.com/docs/api-reference/chat/object */
import { tokensOf } from './tokens.ts'

interface Likelihood {
  token: string
  logprob: number
  bytes: number[]
}
export interface TokenLikelihood extends Likelihood {
  top_logprobs: Likelihood[]
}

const likelihood = (token: string, logprob: number): Likelihood => ({ token, logprob, bytes: [...Buffer.from(token)] })

/** How likely a token was, with `top` tokens that could have stood there, the likeliest first. */
export function likelihoodOf(token: string, top: number): TokenLikelihood {
  const logprob = -(([...token].reduce((sum, letter) => sum + letter.codePointAt(0)!, 0) % 90) + 1) / 100
  const others = Array.from({ length: top }, (_, rank) =>
    rank === 0 ? likelihood(token, logprob) : likelihood(`${token}${rank}`, logprob - rank),
  )
  return { ...likelihood(token, logprob), top_logprobs: others }
}

/** The likelihoods of a whole text. */
export function likelihoodsOf(text: string, top: number): TokenLikelihood[] {
  return [...tokensOf(text)].map((token) => likelihoodOf(token, top))
}
