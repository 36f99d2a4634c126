// modesl against the server: modesl.js <inbound port> <outbound port>.
//
// Logs in, runs commands, waits for the events of one call, and drives that call from outside.
// Says `ready` when the call may come, `ok` when all went well.

const assert = require('assert')
const esl = require('modesl')

const [inbound, outbound] = process.argv.slice(2).map(Number)
const deadline = setTimeout(() => { throw new Error('nothing more happens') }, 60000)

const seen = {}
let driven

function finish () {
  if (!driven || !seen.CHANNEL_ANSWER || !seen.CHANNEL_HANGUP_COMPLETE) return
  const end = seen.CHANNEL_HANGUP_COMPLETE
  assert.strictEqual(end.getHeader('Unique-ID'), driven)
  assert.strictEqual(end.getHeader('variable_driven'), 'by modesl')
  assert.strictEqual(end.getHeader('Hangup-Cause'), 'NORMAL_CLEARING')
  console.log('ok')
  clearTimeout(deadline)
  process.exit(0)
}

const server = new esl.Server({ port: outbound, host: '127.0.0.1', myevents: true }, () => {
  const conn = new esl.Connection('127.0.0.1', inbound, 'ClueCon', () => {
    conn.api('echo hello world', (reply) => {
      assert.strictEqual(reply.getBody(), 'hello world')
      conn.subscribe(['CHANNEL_ANSWER', 'CHANNEL_HANGUP_COMPLETE'], () => {
        conn.bgapi('echo in the background', (event) => {
          assert.strictEqual(event.getBody().trim(), 'in the background')
          console.log('ready')
        })
      })
    })
  })
  conn.on('esl::event::*::*', (event) => {
    seen[event.getHeader('Event-Name')] = event
    finish()
  })
  conn.on('error', (error) => { throw error })
})

server.on('connection::ready', (call) => {
  const uuid = call.getInfo().getHeader('Unique-ID')
  call.execute('answer', () => {
    call.execute('set', 'driven=by modesl', () => {
      call.execute('playback', 'silence_stream://100', () => {
        driven = uuid
        call.execute('hangup', '', () => {})
        finish()
      })
    })
  })
})
