//! How late the packets of playing calls are, measured in parts.

use std::ops::Range;
use std::path::Path;
use std::thread;
use std::time::Duration;

use ringfence_tests::{Receiver, Server, Sipp, receiver::Arrivals};

use crate::process;

/// How long a part is measured.
pub(crate) const MEASURED: Duration = Duration::from_secs(10);

/// Calls that take their sound on the receiver's ports.
pub(crate) fn calls(server: &Server, receiver: &Receiver, number: &str) -> Sipp {
    let ports: String = receiver.ports.iter().map(|port| format!("{port}\n")).collect();
    let list = server.file("ports.csv");
    std::fs::write(&list, format!("SEQUENTIAL\n{ports}")).expect("the list of ports");
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("sipp/call_with_rtp_port.xml");
    let list = list.to_string_lossy();
    Sipp::calls(server, &scenario.to_string_lossy(), number).with(&["-inf", &list])
}

/// A part of the measurement.
pub(crate) struct Part {
    /// How many scripts there were.
    scripts: usize,
    span: Range<Duration>,
    cpu: Duration,
}

impl Part {
    /// Takes [`MEASURED`].
    pub(crate) fn measure(scripts: usize, server: &Server, receiver: &Receiver) -> Self {
        let (from, cpu) = (receiver.now(), process::cpu(server.pid()));
        thread::sleep(MEASURED);
        let (to, cpu) = (receiver.now(), process::cpu(server.pid()) - cpu);
        Self { scripts, span: from..to, cpu }
    }
}

/// Prints the parts; `what` says what the scripts do.
pub(crate) fn table(what: &str, parts: &[Part], arrivals: &Arrivals) {
    println!("| {what} | packets | late: median | p99 | p99.9 | cores of the server |");
    println!("|---:|---:|---:|---:|---:|---:|");
    for part in parts {
        let late = arrivals.lateness(part.span.start, part.span.end);
        let ms = |thousandths| late.at(thousandths).as_secs_f64() * 1000.0;
        println!(
            "| {} | {} | {:.1} ms | {:.1} ms | {:.1} ms | {:.2} |",
            part.scripts,
            late.packets(),
            ms(500),
            ms(990),
            ms(999),
            part.cpu.as_secs_f64() / MEASURED.as_secs_f64()
        );
    }
    println!();
}
