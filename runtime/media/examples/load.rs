//! How much CPU pacing takes and how late packets leave: `load [streams] [seconds] [sink|pair|idle]`.
//!
//! The streams play a prompt to sockets that nobody reads (`sink`), to idle streams of the same
//! process (`pair`), or do nothing (`idle`). CPU is that of the whole process: all threads, user
//! and system.

#![allow(clippy::print_stdout, reason = "it is a command")]

use std::net::{IpAddr, UdpSocket};
use std::time::{Duration, Instant};

use ringfence_media::{Codec, Config, Media, PlayOptions, sdp};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let streams: usize = arguments.next().map_or(Ok(500), |text| text.parse())?;
    let seconds: u64 = arguments.next().map_or(Ok(10), |text| text.parse())?;
    let mode = arguments.next().unwrap_or_else(|| "sink".into());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(streams, Duration::from_secs(seconds), &mode))
}

async fn run(streams: usize, time: Duration, mode: &str) -> Result<(), Box<dyn std::error::Error>> {
    let ip = IpAddr::from([127, 0, 0, 1]);
    let config = Config { ports: 20_000..=60_000, ..Config::default() };
    let (media, far) = (Media::start(config.clone())?, Media::start(config)?);
    let sink = UdpSocket::bind((ip, 0))?;
    let prompt = "tone_stream://v=-20;%(500,100,350,440);loops=-1";
    let source = media.library().open_for(prompt, Codec::Pcmu).await?;
    let before = memory()?;
    let mut open = Vec::new();
    for _ in 0..streams {
        let (stream, events) = media.open(ip)?;
        let (other, others) = far.open(ip)?;
        let to = if mode == "pair" { other.local() } else { sink.local_addr()? };
        let offer = sdp::offer(&sdp::Capabilities::default(), to);
        let (answer, agreement) =
            sdp::answer(&offer, &sdp::Capabilities::default(), stream.local())?;
        stream.connect(&agreement);
        other.connect(&sdp::accept(&sdp::Capabilities::default(), &answer)?);
        let playing = (mode != "idle").then(|| stream.play(source.clone(), PlayOptions::default()));
        open.push((stream, events, other, others, playing));
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let memory = memory()?.saturating_sub(before) / (2 * streams as u64);
    let (cpu, sent, begun) = (cpu()?, media.statistics().sent, Instant::now());
    tokio::time::sleep(time).await;
    let passed = begun.elapsed().as_secs_f64();
    let cpu = (self::cpu()? - cpu).as_secs_f64();
    let statistics = media.statistics();
    println!("{streams} streams, {mode}, {passed:.1} s");
    println!("packets/s    {:.0}", (statistics.sent - sent) as f64 / passed);
    println!("core         {:.3}", cpu / passed);
    println!("ms/stream-s  {:.3}", cpu * 1000.0 / passed / streams as f64);
    println!("bytes/stream {memory} (resident)");
    println!(
        "late         p50 {:?}, p99 {:?}, max {:?}, slips {}",
        statistics.lateness_p50, statistics.lateness_p99, statistics.lateness_max, statistics.slips
    );
    Ok(())
}

/// CPU time of this process, in ticks of 10 ms.
fn cpu() -> Result<Duration, Box<dyn std::error::Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * 10))
}

/// Resident bytes of this process.
fn memory() -> Result<u64, Box<dyn std::error::Error>> {
    let statm = std::fs::read_to_string("/proc/self/statm")?;
    Ok(statm.split_whitespace().nth(1).unwrap_or_default().parse::<u64>()? * 4096)
}
