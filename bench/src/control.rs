//! The event socket: how quick commands, scripts and events are, and what listening costs.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ringfence_tests::{Server, Sipp};

use crate::{process, server};

const ROUNDS: usize = 10_000;
const LUARUNS: usize = 2_000;
const BURST: usize = 20_000;
const EVENTS: usize = 100_000;
const CALLS: u32 = 4_000;
const RATE: u32 = 400;

/// Says to the bench that it runs.
const EFFECT: &str = r#"freeswitch.Event("CUSTOM", "bench::effect"):fire()"#;

/// Fires as many events as it is told.
const FIRES: &str = r#"
for i = 1, tonumber(argv[1]) do
    local e = freeswitch.Event("CUSTOM", "bench::event")
    e:addHeader("Number", tostring(i))
    e:fire()
end
"#;

/// Fires one event that tells when it was made, in µs since 1970.
const ONE: &str = r#"
local e = freeswitch.Event("CUSTOM", "bench::one")
e:addHeader("Made", string.format("%.0f", require("socket").gettime() * 1e6))
e:fire()
stream:write("x")
"#;

/// A call that reports itself often: each execution is two events with all headers of the call.
const TALKS: &str = r#"
session:answer()
for i = 1, tonumber(argv[1]) do session:execute("set", "number=" .. i) end
session:hangup()
"#;

pub(crate) fn run() {
    println!("## The event socket\n");
    println!("One client on loopback; {ROUNDS} commands one after the other.\n");
    println!("| | Ringfence, p50 | p99 | FreeSWITCH |");
    println!("|---|---:|---:|---:|");
    let server = server(|conf| {
        conf.script("effect.lua", EFFECT)
            .script("fires.lua", FIRES)
            .script("one.lua", ONE)
            .script("nothing.lua", "")
            .script("talks.lua", TALKS)
            .extension("7003", r#"<action application="lua" data="talks.lua 200"/>"#)
            .lua("7000", "session:answer() session:hangup()")
            .setting("sessions-per-second", "100000")
            .profile(
                "many",
                "*.lua",
                &[("burst-limit", "unlimited"), ("host-call-limit", "unlimited")],
            );
    });
    round_trip(&server, "`api echo`", "echo hello", "0.13 ms");
    round_trip(&server, "`api lua ~stream:write(\"x\")`", "lua ~stream:write(\"x\")", "0.46 ms");
    round_trip(&server, "`api lua` of a file", "lua one.lua", "");
    luarun(&server);
    custom(&server);
    println!();
    luaruns(&server);
    events(&server);
    subscriber(&server);
}

/// A connection that can be written to and read from apart.
struct Wire {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
}

impl Wire {
    fn connect(server: &Server) -> Self {
        let address = ("127.0.0.1", server.configuration.event_socket);
        let stream = TcpStream::connect(address).expect("the event socket");
        stream.set_nodelay(true).expect("an option of TCP");
        let reader = BufReader::with_capacity(1 << 20, stream.try_clone().expect("a socket"));
        let mut wire = Self { stream, reader };
        wire.frame();
        wire.command("auth ClueCon");
        wire
    }

    fn says(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).expect("the server listens");
    }

    /// The kind of the next message, and its body.
    fn frame(&mut self) -> (String, Vec<u8>) {
        self.try_frame().expect("the server is there")
    }

    /// The same; none when the connection has ended.
    fn try_frame(&mut self) -> Option<(String, Vec<u8>)> {
        let (mut kind, mut length) = (String::new(), 0);
        let mut line = String::new();
        loop {
            line.clear();
            if self.reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            match line.trim_end().split_once(": ") {
                None => break,
                Some(("Content-Type", value)) => value.clone_into(&mut kind),
                Some(("Content-Length", value)) => length = value.parse().expect("a length"),
                Some(_) => {}
            }
        }
        let mut body = vec![0; length];
        self.reader.read_exact(&mut body).ok()?;
        Some((kind, body))
    }

    fn wait(&mut self, wanted: &str) -> Vec<u8> {
        loop {
            let (kind, body) = self.frame();
            if kind == wanted {
                return body;
            }
        }
    }

    fn command(&mut self, text: &str) {
        self.says(&format!("{text}\n\n"));
        self.wait("command/reply");
    }

    fn api(&mut self, text: &str) {
        self.says(&format!("api {text}\n\n"));
        self.wait("api/response");
    }
}

fn row(what: &str, mut times: Vec<Duration>, theirs: &str) {
    times.sort_unstable();
    let at = |permille: usize| times[(times.len() - 1) * permille / 1000].as_secs_f64() * 1000.0;
    println!("| {what} | {:.3} ms | {:.3} ms | {theirs} |", at(500), at(990));
}

fn round_trip(server: &Server, what: &str, command: &str, theirs: &str) {
    let mut wire = Wire::connect(server);
    for _ in 0..200 {
        wire.api(command);
    }
    let times = (0..ROUNDS).map(|_| {
        let began = Instant::now();
        wire.api(command);
        began.elapsed()
    });
    row(what, times.collect(), theirs);
}

/// From sending `luarun` to the event that the script fires.
fn luarun(server: &Server) {
    let mut wire = Wire::connect(server);
    let mut listener = Wire::connect(server);
    listener.command("event plain CUSTOM bench::effect");
    let mut once = || {
        let began = Instant::now();
        wire.says("api luarun effect.lua\n\n");
        listener.wait("text/event-plain");
        let took = began.elapsed();
        wire.wait("api/response");
        took
    };
    for _ in 0..200 {
        once();
    }
    row("`luarun`: sent to effect", (0..LUARUNS).map(|_| once()).collect(), "0.35, p99 4.1 ms");
}

/// From a script's `fire` to the client.
fn custom(server: &Server) {
    let mut wire = Wire::connect(server);
    let mut listener = Wire::connect(server);
    listener.command("event plain CUSTOM bench::one");
    let mut times = Vec::with_capacity(LUARUNS);
    for _ in 0..LUARUNS {
        wire.says("api lua one.lua\n\n");
        let event = listener.wait("text/event-plain");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later");
        wire.wait("api/response");
        let event = String::from_utf8_lossy(&event);
        let made = event.lines().find_map(|line| line.strip_prefix("Made: "));
        let made = made.and_then(|made| made.parse().ok()).map(Duration::from_micros);
        times.push(now.saturating_sub(made.expect("when it was made")));
    }
    row("`CUSTOM` event, from script to client", times, "20.4 ms");
}

/// `luarun` as fast as one client can say it.
fn luaruns(server: &Server) {
    let mut wire = Wire::connect(server);
    let mut stream = wire.stream.try_clone().expect("a socket");
    let before = process::cpu(server.pid());
    let began = Instant::now();
    let writer = thread::spawn(move || {
        let commands = "api luarun nothing.lua\n\n".repeat(100);
        for _ in 0..BURST / 100 {
            stream.write_all(commands.as_bytes()).expect("the server listens");
        }
    });
    let mut refused = 0;
    for _ in 0..BURST {
        refused += usize::from(!wire.wait("api/response").starts_with(b"+OK"));
    }
    let took = began.elapsed();
    writer.join().expect("the writer");
    let cpu = process::cpu(server.pid()) - before;
    println!("| {BURST} times `luarun` of an empty script, pipelined | Ringfence | FreeSWITCH |");
    println!("|---|---:|---:|");
    println!("| a second | {:.0} | 3,300 to 5,400 |", BURST as f64 / took.as_secs_f64());
    println!("| refused | {refused} | |");
    println!("| CPU each | {:.0} µs | |\n", cpu.as_secs_f64() * 1e6 / BURST as f64);
}

/// How many events a client gets in a second: of a script, and of a call with all of its headers.
fn events(server: &Server) {
    println!("| events to one client | a second | bytes each | CPU each | missed |");
    println!("|---|---:|---:|---:|---:|");
    let mut wire = Wire::connect(server);
    wire.command("event plain CUSTOM bench::event");
    measure_events(server, &mut wire, "of a script", EVENTS, |server| {
        server.api(&format!("luarun fires.lua {EVENTS}"));
    });
    let mut wire = Wire::connect(server);
    wire.command("event plain CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE");
    let calls: usize = 100;
    let wanted = calls * 2 * 200;
    measure_events(server, &mut wire, "of calls, with all headers", wanted, |server| {
        let calls = calls.to_string();
        Sipp::calls(server, "call_until_bye.xml", "7003")
            .with(&["-r", "100", "-m", &calls])
            .counts();
    });
    println!();
}

fn measure_events(
    server: &Server,
    wire: &mut Wire,
    what: &str,
    wanted: usize,
    bring_about: impl FnOnce(&Server) + Send,
) {
    let before = process::cpu(server.pid());
    let (took, bytes, missed) = thread::scope(|scope| {
        scope.spawn(|| bring_about(server));
        let (mut bytes, mut events, mut missed) = (0, 0, 0);
        let mut began = None;
        // What the server could not keep for this client is told, and not waited for.
        while events + missed < wanted {
            let body = wire.wait("text/event-plain");
            began.get_or_insert_with(Instant::now);
            match gap(&body) {
                Some(more) => missed += more,
                None => {
                    events += 1;
                    bytes += body.len();
                }
            }
        }
        (began.map_or(Duration::ZERO, |began| began.elapsed()), bytes, missed)
    });
    let cpu = process::cpu(server.pid()) - before;
    let events = wanted - missed;
    println!(
        "| {what} | {:.0} | {} | {:.0} µs | {missed} of {wanted} |",
        events as f64 / took.as_secs_f64(),
        bytes / events,
        cpu.as_secs_f64() * 1e6 / wanted as f64
    );
}

/// How many events a `ringfence::gap` tells to be missing; none when that is another event.
fn gap(event: &[u8]) -> Option<usize> {
    if !event.starts_with(b"Event-Subclass: ringfence%3A%3Agap") {
        return None;
    }
    let text = String::from_utf8_lossy(event);
    text.lines().find_map(|line| line.strip_prefix("Gap-Events: "))?.parse().ok()
}

/// What a call costs while nobody listens, and while somebody reads all events.
fn subscriber(server: &Server) {
    println!("{CALLS} calls that answer and hang up, {RATE} a second:\n");
    println!("| | CPU a call | events a call |");
    println!("|---|---:|---:|");
    let load = || {
        let (rate, calls) = (RATE.to_string(), CALLS.to_string());
        let before = process::cpu(server.pid());
        Sipp::calls(server, "call_until_bye.xml", "7000")
            .with(&["-r", &rate, "-m", &calls])
            .counts();
        process::cpu(server.pid()) - before
    };
    let each = |cpu: Duration| cpu.as_secs_f64() * 1000.0 / f64::from(CALLS);
    println!("| nobody listens | {:.3} ms | |", each(load()));
    let mut wire = Wire::connect(server);
    wire.command("event plain ALL");
    let stop = wire.stream.try_clone().expect("a socket");
    let reading = thread::spawn(move || {
        let (mut events, mut missed) = (0_u64, 0_u64);
        // Ends when the connection is closed below.
        while let Some((kind, body)) = wire.try_frame() {
            events += u64::from(kind == "text/event-plain");
            missed += gap(&body).unwrap_or_default() as u64;
        }
        (events, missed)
    });
    let cpu = load();
    stop.shutdown(std::net::Shutdown::Both).expect("our socket");
    let (events, missed) = reading.join().expect("the reader");
    let a_call = |events: u64| events as f64 / f64::from(CALLS);
    println!(
        "| one client reads all | {:.3} ms | {:.1}, {:.1} missed |\n",
        each(cpu),
        a_call(events),
        a_call(missed)
    );
}
