import { describe, expect, it } from 'vitest'
import { proxyFor } from './proxy.ts'

const https = 'https://api.example.com'

describe('proxyFor', () => {
  it('is none unless asked for', () => {
    const variables = { HTTPS_PROXY: 'http://proxy:1' }
    expect(proxyFor(undefined, https, variables)).toBeUndefined()
    expect(proxyFor({}, https, variables)).toBeUndefined()
    expect(proxyFor({ type: 'none', url: 'http://proxy:1' }, https, variables)).toBeUndefined()
  })

  it('puts user name and password into the address, and hides them', () => {
    const proxy = proxyFor({ type: 'http', url: 'http://proxy:3128', username: 'a@b', password: 'p:/w' }, https, {})
    expect(proxy?.reveal()).toBe('http://a%40b:p%3A%2Fw@proxy:3128/')
    expect(`${proxy}`).not.toContain('proxy')
  })

  it.each([
    ['https', https, { HTTPS_PROXY: 'http://p:1', HTTP_PROXY: 'http://p:2' }, 'http://p:1'],
    ['http', 'http://api.example.com', { HTTPS_PROXY: 'http://p:1', HTTP_PROXY: 'http://p:2' }, 'http://p:2'],
    ['lower case first', https, { HTTPS_PROXY: 'http://p:1', https_proxy: 'http://p:2' }, 'http://p:2'],
    ['all', https, { ALL_PROXY: 'p:3' }, 'http://p:3'],
    ['only the other', https, { HTTP_PROXY: 'http://p:2' }, undefined],
    ['socks', https, { ALL_PROXY: 'socks5://p:3' }, undefined],
    ['this machine', 'http://127.0.0.1:8000', { HTTP_PROXY: 'http://p:2' }, undefined],
    ['exempt', https, { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'other.com, .example.com' }, undefined],
    ['exempt with star', https, { HTTPS_PROXY: 'http://p:1', no_proxy: '*.example.com' }, undefined],
    ['all exempt', https, { HTTPS_PROXY: 'http://p:1', no_proxy: '*' }, undefined],
    ['another exempt', https, { HTTPS_PROXY: 'http://p:1', no_proxy: 'ample.com,' }, 'http://p:1'],
  ])('from the environment: %s', (_, address, variables, expected) => {
    expect(proxyFor({ type: 'environment' }, address, variables)?.reveal()).toBe(expected)
  })
})
