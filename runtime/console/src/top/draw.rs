//! The screen, and the same as plain text.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Style, Stylize as _};
use ratatui::text::Line;
use ratatui::widgets::{Block, Paragraph, Row, Table, TableState};

use super::data::{Call, Job};
use super::view::{View, Which};

const CALLS: [(&str, u16); 7] = [
    ("uuid", 36),
    ("direction", 9),
    ("from", 16),
    ("to", 16),
    ("state", 8),
    ("age", 9),
    ("executes", 20),
];

const JOBS: [(&str, u16); 9] = [
    ("job", 8),
    ("script", 20),
    ("cpu %", 6),
    ("cpu", 9),
    ("memory", 9),
    ("age", 9),
    ("state", 8),
    ("waits in", 26),
    ("at", 20),
];

const KEYS: &str = "Tab other table  ↑↓ choose  k kill  s sort  space look now  q quit";

/// Draws all of it.
pub(crate) fn draw(frame: &mut Frame<'_>, view: &View) {
    let parts = [
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Fill(1),
        Constraint::Length(1),
        Constraint::Length(1),
    ];
    let [top, jobs, calls, message, keys] = Layout::vertical(parts).areas(frame.area());
    let head =
        if view.lost { Line::from("NOT CONNECTED").red().bold() } else { head(view).bold().into() };
    frame.render_widget(Paragraph::new(head), top);
    let title = format!(" Scripts ({}), by {} ", view.snapshot.jobs.len(), view.order.name());
    let rows = view.snapshot.jobs.iter().map(|row| Row::new(job(row)));
    table(frame, jobs, &title, &JOBS, rows, view, Which::Jobs);
    let title = format!(" Calls ({}) ", view.snapshot.calls.len());
    let rows = view.snapshot.calls.iter().map(|row| Row::new(call(row, view.snapshot.now)));
    table(frame, calls, &title, &CALLS, rows, view, Which::Calls);
    let said = view.message.lines().next().unwrap_or_default();
    let style = if view.confirm.is_some() { Style::new().reversed() } else { Style::new() };
    frame.render_widget(Paragraph::new(said).style(style), message);
    frame.render_widget(Paragraph::new(KEYS).dim(), keys);
}

fn table<'r>(
    frame: &mut Frame<'_>,
    area: ratatui::layout::Rect,
    title: &str,
    columns: &[(&str, u16)],
    rows: impl Iterator<Item = Row<'r>>,
    view: &View,
    which: Which,
) {
    let last = columns.len().saturating_sub(1);
    let widths = columns.iter().enumerate().map(|(place, (_, width))| match place {
        place if place == last => Constraint::Min(*width),
        _ => Constraint::Length(*width),
    });
    let head = Row::new(columns.iter().map(|(name, _)| *name)).bold();
    let mut block = Block::bordered().title(title);
    if view.table == which {
        block = block.border_style(Style::new().cyan());
    }
    let table = Table::new(rows, widths)
        .header(head)
        .block(block)
        .row_highlight_style(Style::new().reversed());
    let chosen = view.chosen(which).filter(|_| view.table == which);
    let mut state = TableState::new().with_selected(chosen);
    frame.render_stateful_widget(table, area, &mut state);
}

fn head(view: &View) -> String {
    let jobs = &view.snapshot.jobs;
    let memory: u64 = jobs.iter().map(|job| job.memory).sum();
    // The sum of nothing is -0.0.
    let share = jobs.iter().filter_map(|job| job.share).fold(0.0, |sum, share| sum + share);
    format!(
        "{} calls, {} scripts: {:.0} % of a processor, {}",
        view.snapshot.calls.len(),
        jobs.len(),
        share * 100.0,
        bytes(memory)
    )
}

fn call(call: &Call, now: u64) -> [String; 7] {
    let age = call.began.map(|began| time(now.saturating_sub(began).saturating_mul(1000)));
    [
        call.uuid.clone(),
        call.direction.clone(),
        call.from.clone(),
        call.to.clone(),
        call.state.clone(),
        age.unwrap_or_default(),
        call.application.clone(),
    ]
}

fn job(job: &Job) -> [String; 9] {
    let waits = job.waits.as_ref().map(|(call, ms)| format!("{call} {}", time(*ms)));
    [
        job.id.clone(),
        job.script.clone(),
        job.share.map_or_else(String::new, |share| format!("{:.1}", share * 100.0)),
        time(job.cpu_ms),
        bytes(job.memory),
        time(job.age_ms),
        job.state.clone(),
        waits.unwrap_or_default(),
        // The end of a path says more than its beginning.
        job.at.rsplit('/').next().unwrap_or_default().to_owned(),
    ]
}

/// The same for a pipe: lines of cells, separated by tabs.
pub(crate) fn plain(view: &View) -> String {
    let line = |cells: &[String]| cells.join("\t") + "\n";
    let names = |columns: &[(&str, u16)]| {
        let names: Vec<_> = columns.iter().map(|(name, _)| *name).collect();
        names.join("\t") + "\n"
    };
    let jobs: String = view.snapshot.jobs.iter().map(|row| line(&job(row))).collect();
    let calls: String =
        view.snapshot.calls.iter().map(|row| line(&call(row, view.snapshot.now))).collect();
    format!("{}\n\n{}{jobs}\n{}{calls}", head(view), names(&JOBS), names(&CALLS))
}

fn time(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0 => format!("{ms} ms"),
        1..60 => format!("{seconds}.{} s", ms % 1000 / 100),
        60..3600 => format!("{}:{:02}", seconds / 60, seconds % 60),
        _ => format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60),
    }
}

fn bytes(bytes: u64) -> String {
    const KIB: u64 = 1 << 10;
    const MIB: u64 = 1 << 20;
    match bytes {
        0..KIB => format!("{bytes} B"),
        KIB..MIB => format!("{} KiB", bytes / KIB),
        _ => format!("{}.{} MiB", bytes / MIB, bytes % MIB * 10 / MIB),
    }
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::super::data::Snapshot;
    use super::*;

    fn view() -> View {
        let call = Call {
            uuid: "7f9c7a4e-1f1b-4a53-a3f5-6c3f7d8e2b60".into(),
            from: "1000".into(),
            to: "5000".into(),
            state: "ACTIVE".into(),
            began: Some(100),
            ..Call::default()
        };
        let job = Job {
            id: "0b6c1f0e-4a5f".into(),
            script: "ivr.lua".into(),
            state: "waiting".into(),
            waits: Some(("session.sleep".into(), 1500)),
            at: "/etc/scripts/ivr.lua:12".into(),
            age_ms: 61_000,
            memory: 1_363_149,
            ..Job::default()
        };
        View::new(Snapshot { now: 109, calls: vec![call], jobs: vec![job] })
    }

    #[test]
    fn both_tables_are_on_the_screen() {
        let mut terminal = Terminal::new(TestBackend::new(160, 20)).unwrap();
        terminal.draw(|frame| draw(frame, &view())).unwrap();
        let screen = terminal.backend().to_string();
        for part in [
            "1 calls, 1 scripts",
            "7f9c7a4e-1f1b-4a53-a3f5-6c3f7d8e2b60",
            "9.0 s",
            "session.sleep 1.5 s",
            "ivr.lua:12",
            "1.3 MiB",
            "1:01",
            "k kill",
        ] {
            assert!(screen.contains(part), "no {part} in\n{screen}");
        }
        // A terminal may be of any size.
        for (width, height) in [(1, 1), (10, 3), (400, 5)] {
            let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
            terminal.draw(|frame| draw(frame, &view())).unwrap();
        }
    }

    #[test]
    fn figures_are_short() {
        assert_eq!(
            [0, 999, 1_500, 61_000, 3_661_000].map(time),
            ["0 ms", "999 ms", "1.5 s", "1:01", "1:01:01"]
        );
        assert_eq!([5, 2_048, 1_572_864].map(bytes), ["5 B", "2 KiB", "1.5 MiB"]);
        assert!(plain(&view()).contains("\nuuid\tdirection\tfrom"));
    }
}
