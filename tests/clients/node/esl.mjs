// esl against the server: esl.mjs <inbound port> <outbound port>.
//
// Logs in, runs commands, waits for the events of one call, and drives that call from outside.
// Says `ready` when the call may come, `ok` when all went well.

import assert from 'assert'
import { createRequire } from 'module'

const { FreeSwitchClient, FreeSwitchServer, once } = createRequire(import.meta.url)('esl')

const [inbound, outbound] = process.argv.slice(2).map(Number)
const quiet = { debug () {}, info () {}, error: console.error }
setTimeout(() => { throw new Error('nothing more happens') }, 60000).unref()

const client = new FreeSwitchClient({ host: '127.0.0.1', port: inbound, password: 'ClueCon', logger: quiet })
const connected = once(client, 'connect')
await client.connect()
const [control] = await connected

const echoed = await control.api('echo hello world')
assert.strictEqual(echoed.body, 'hello world')
const job = await control.bgapi('echo in the background', 30000)
assert.strictEqual(String(job.body.response ?? job.body._body ?? job.body).trim(), 'in the background')
await control.event_json('CHANNEL_ANSWER', 'CHANNEL_HANGUP_COMPLETE')
const answered = control.onceAsync('CHANNEL_ANSWER', 60000, 'the answer')
const gone = control.onceAsync('CHANNEL_HANGUP_COMPLETE', 60000, 'the end')

const server = new FreeSwitchServer({ all_events: false, my_events: true, logger: quiet })
const driven = new Promise((resolve, reject) => {
  server.on('connection', async (call, { uuid }) => {
    try {
      await call.command('answer')
      await call.command('set', 'driven=by esl')
      await call.command('playback', 'silence_stream://100')
      resolve(uuid)
      await call.hangup('NORMAL_CLEARING')
    } catch (error) {
      reject(error)
    }
  })
})
await server.listen({ host: '127.0.0.1', port: outbound })
console.log('ready')

const uuid = await driven
assert.strictEqual((await answered).body['Unique-ID'], uuid)
const end = (await gone).body
assert.strictEqual(end['Unique-ID'], uuid)
assert.strictEqual(end.variable_driven, 'by esl')
assert.strictEqual(end['Hangup-Cause'], 'NORMAL_CLEARING')
console.log('ok')
process.exit(0)
