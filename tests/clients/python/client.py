"""greenswitch against the server: client.py <inbound port> <outbound port>.

Logs in, runs commands, waits for the events of one call, and drives that call from outside.
Says `ready` when the call may come, `ok` when all went well.
"""

import sys

from gevent import monkey

monkey.patch_all()

import gevent
import greenswitch
from gevent.event import AsyncResult, Event
from greenswitch.esl import OutboundESLServer

PATIENCE = 60
inbound, outbound = int(sys.argv[1]), int(sys.argv[2])

esl = greenswitch.InboundESL(host="127.0.0.1", port=inbound, password="ClueCon")
esl.connect()
reply = esl.send("api echo hello world")
assert reply.data == "hello world", reply.data

job = AsyncResult()
answered, gone, driven = Event(), AsyncResult(), AsyncResult()
esl.register_handle("BACKGROUND_JOB", lambda event: job.set(event))
esl.register_handle("CHANNEL_ANSWER", lambda event: answered.set())
esl.register_handle("CHANNEL_HANGUP_COMPLETE", lambda event: gone.set(event.headers))
esl.send("event plain BACKGROUND_JOB CHANNEL_ANSWER CHANNEL_HANGUP_COMPLETE")
reply = esl.send("bgapi echo in the background")
uuid = reply.headers["Job-UUID"]
event = job.get(timeout=PATIENCE)
assert event.headers["Job-UUID"] == uuid, event.headers


class Call:
    """What is done with the call; what goes wrong ends the program."""

    def __init__(self, session):
        self.session = session

    def run(self):
        try:
            self.session.connect()
            self.session.myevents()
            self.session.answer()
            self.session.call_command("set", "driven=by greenswitch")
            done = self.session.call_command(
                "playback", "silence_stream://100", block=True, response_timeout=PATIENCE
            )
            assert done.headers["Application"] == "playback", done.headers
            self.session.hangup()
            driven.set(self.session.uuid)
        except BaseException as error:
            driven.set_exception(error)


server = OutboundESLServer(bind_address="127.0.0.1", bind_port=outbound, application=Call)
gevent.spawn(server.listen)
while not server._running:
    gevent.sleep(0.01)
print("ready", flush=True)

uuid = driven.get(timeout=PATIENCE)
assert answered.wait(timeout=PATIENCE)
end = gone.get(timeout=PATIENCE)
assert end["Unique-ID"] == uuid, end
assert end["variable_driven"] == "by greenswitch", end
assert end["Hangup-Cause"] == "NORMAL_CLEARING", end
print("ok", flush=True)
esl.stop()
sys.exit(0)
