//! Where and when the figures were taken.

use std::fs;
use std::process::Command;

/// Prints machine, load and versions.
pub(crate) fn describe() {
    let cpu = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".into());
    let memory = field("/proc/meminfo", "MemTotal").unwrap_or_else(|| "unknown".into());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!("- machine: {cpu}, {cores} cores, {memory}");
    println!("- kernel: {}", first_line("uname", &["-sr"]));
    println!("- load before: {}", fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
    println!(
        "- {}",
        first_line(&ringfence_tests::binary::path().to_string_lossy(), &["--version"])
    );
    println!("- {}", first_line("sipp", &["-v"]));
    println!("- FreeSWITCH 1.11.3-dev, for comparison, on a quiet machine of 4 such cores\n");
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn first_line(command: &str, arguments: &[&str]) -> String {
    let output = Command::new(command).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let text = text.unwrap_or_default();
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("unknown").to_owned()
}
