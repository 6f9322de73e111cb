import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { expect, it } from 'vitest'
import { readJson } from '../core/parse-json.ts'
import { Secret } from '../core/secret.ts'
import { signatureHeaders } from './sign.ts'

const newSecret = (length = 32) => `whsec_${randomBytes(length).toString('base64')}`
const now = () => Math.floor(Date.now() / 1000)

it('makes the signature of the specification’s own example', () => {
  // https://github.com/standard-webhooks/standard-webhooks, libraries/javascript: the vector of its tests, as of 2026-11-27.
  const secret = new Secret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')
  const body = Buffer.from('{"test": 2432232314}')
  expect(signatureHeaders('msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330, body, [secret])).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

it('is verified by the library of the specification, whatever the body and however long the secret', () => {
  fc.assert(
    fc.property(fc.json(), fc.integer({ min: 24, max: 64 }), (body, length) => {
      const secret = newSecret(length)
      const headers = signatureHeaders('msg_1', now(), Buffer.from(body), [new Secret(secret)])
      expect(new Webhook(secret).verify(Buffer.from(body), headers)).toEqual(readJson(body))
    }),
  )
})

it('is verified with either secret while one is replaced by another, and with no other', () => {
  const [newer, older, foreign] = [newSecret(), newSecret(), newSecret()]
  const body = Buffer.from('{}')
  const headers = signatureHeaders('msg_1', now(), body, [new Secret(newer), new Secret(older)])
  expect(headers['webhook-signature']).toMatch(/^v1,\S{44} v1,\S{44}$/)
  for (const secret of [newer, older]) expect(new Webhook(secret).verify(body, headers)).toEqual({})
  expect(() => new Webhook(foreign).verify(body, headers)).toThrow()
})

it.each([
  ['body', { body: '{ }' }],
  ['id', { id: 'msg_2' }],
  ['time', { seconds: 1 }],
])('is not verified where the %s is another', (_, changes: { body?: string; id?: string; seconds?: number }) => {
  const secret = newSecret()
  const headers = signatureHeaders('msg_1', now(), Buffer.from('{}'), [new Secret(secret)])
  const changed = {
    ...headers,
    'webhook-id': changes.id ?? 'msg_1',
    'webhook-timestamp': String(now() - (changes.seconds ?? 0)),
  }
  expect(() => new Webhook(secret).verify(changes.body ?? '{}', changed)).toThrow()
})
