//! Listening to a call: the far end's sound to an engine, and what it hears to the call and to who
//! controls it.

use std::time::Duration;

use ringfence_media::{Heard, SAMPLES_PER_MS};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::recogniser::Parameters;
use super::{Grammar, Recognition};
use crate::config::AsrSettings;
use crate::event::{Event, EventName};
use crate::session::Session;

/// What goes to the engine at once: 100 ms.
const PIECE: usize = 100 * SAMPLES_PER_MS as usize;

/// A frame, as FreeSWITCH counts them: 20 ms.
const FRAME: usize = 20 * SAMPLES_PER_MS as usize;

/// A far end that sends nothing for so long is silent: the engine hears silence then.
const SILENT: Duration = Duration::from_millis(200);

/// Changes that wait; a listener takes them at once.
const MAX_STEPS: usize = 16;

/// What was detected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Detected {
    /// Somebody begins to speak.
    Speaking,
    /// What was said, as XML; also that nothing was.
    Result(String),
    /// The engine cannot go on.
    Failed(String),
}

/// A change to a detection that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Hears nothing until `Resume`.
    Pause,
    /// Goes on; timers begin anew.
    Resume,
    /// The timer for no input begins.
    StartTimers,
}

/// A detection on a call; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Detection {
    steps: mpsc::Sender<Step>,
    task: AbortHandle,
}

impl Drop for Detection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// How a detection listens.
pub(super) struct Ways {
    threshold: u32,
    hits: u32,
    no_input: Duration,
    speech: Duration,
    timers: bool,
}

impl Ways {
    /// As configured; an engine that is not has the defaults.
    pub(super) fn new(settings: Option<&AsrSettings>, parameters: &Parameters) -> Self {
        let time = |name: &str, own: Option<Duration>, default: u64| {
            parameters.milliseconds(name).or(own).unwrap_or(Duration::from_millis(default))
        };
        let no_input = settings.map(|settings| settings.no_input_timeout);
        let speech = settings.map(|settings| settings.speech_timeout);
        Self {
            threshold: settings.map_or(400, |settings| settings.threshold),
            hits: settings.map_or(3, |settings| settings.listen_hits),
            no_input: time("no-input-timeout", no_input, 5_000),
            speech: time("speech-timeout", speech, 10_000),
            timers: !parameters.is_false("start-input-timers"),
        }
    }
}

impl Detection {
    /// Begins to listen; what is detected is told to `observer`, and with events.
    pub(super) fn start(
        session: &Session,
        ear: mpsc::Receiver<Heard>,
        recognition: Recognition,
        grammar: &Grammar,
        ways: Ways,
        observer: Option<mpsc::Sender<Detected>>,
    ) -> Self {
        let (steps, changes) = mpsc::channel(MAX_STEPS);
        let listener = Listener {
            session: session.clone(),
            grammar: grammar.name.clone(),
            recognition,
            ways,
            observer,
            pending: Vec::new(),
            fed: 0,
            begun: Instant::now(),
            loud: 0,
            paused: false,
            since: Instant::now(),
            speaking: None,
        };
        let task = session.switch().runtime().spawn(listener.run(ear, changes)).abort_handle();
        Self { steps, task }
    }

    /// Changes it; false when it has ended.
    pub(super) fn step(&self, step: Step) -> bool {
        self.steps.try_send(step).is_ok()
    }

    /// From now on somebody is expected to speak.
    pub(crate) fn start_timers(&self) {
        // One that has ended says so itself.
        let _ = self.steps.try_send(Step::StartTimers);
    }

    /// Whether it has ended by itself: the call is over, or the engine is.
    pub(super) fn ended(&self) -> bool {
        self.steps.is_closed()
    }
}

struct Listener {
    session: Session,
    grammar: String,
    recognition: Recognition,
    ways: Ways,
    observer: Option<mpsc::Sender<Detected>>,
    /// Sound that is no piece yet.
    pending: Vec<i16>,
    /// Samples that were heard, or made up for silence.
    fed: u64,
    /// When the first was due.
    begun: Instant,
    /// Loud frames in a row.
    loud: u32,
    paused: bool,
    /// From when on nothing was said.
    since: Instant,
    /// From when on somebody speaks.
    speaking: Option<Instant>,
}

impl Listener {
    async fn run(mut self, mut ear: mpsc::Receiver<Heard>, mut steps: mpsc::Receiver<Step>) {
        let session = self.session.clone();
        let mut ticks = interval(SILENT / 2);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                _ = session.ended() => return,
                result = self.recognition.heard.recv() => match result {
                    Some(Ok(text)) => self.heard(&text).await,
                    Some(Err(why)) => return self.failed(why).await,
                    None => return self.failed("the engine is gone".to_owned()).await,
                },
                Some(step) = steps.recv() => self.step(step),
                Some(heard) = ear.recv() => {
                    let samples = heard.payload.iter().map(|byte| heard.codec.decode(*byte));
                    let samples: Vec<i16> = samples.collect();
                    self.hear(&samples).await;
                }
                _ = ticks.tick() => self.tick().await,
            }
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Pause => self.paused = true,
            Step::Resume | Step::StartTimers => {
                self.paused = false;
                self.ways.timers = true;
                self.since = Instant::now();
            }
        }
    }

    async fn hear(&mut self, samples: &[i16]) {
        self.fed += samples.len() as u64;
        if self.paused {
            return;
        }
        for sample in samples {
            self.pending.push(*sample);
            if self.pending.len().is_multiple_of(FRAME) {
                let from = self.pending.len() - FRAME;
                let loud =
                    mean(self.pending.get(from..).unwrap_or_default()) >= self.ways.threshold;
                self.loud = if loud { self.loud.saturating_add(1) } else { 0 };
                if self.loud == self.ways.hits && self.speaking.is_none() {
                    self.speaking = Some(Instant::now());
                    self.tell(Detected::Speaking).await;
                }
            }
            if self.pending.len() >= PIECE {
                let piece = std::mem::replace(&mut self.pending, Vec::with_capacity(PIECE));
                // An engine that is slower than speech misses some of it.
                if self.recognition.sound.try_send(piece).is_err() {
                    tracing::debug!(call = %self.session.uuid(), "the engine is too slow for the call");
                }
            }
        }
    }

    /// Makes silence of what did not come, and looks at the time.
    async fn tick(&mut self) {
        let due = self.begun.elapsed().as_millis() as u64 * SAMPLES_PER_MS;
        let missing = due.saturating_sub(self.fed);
        if missing >= SILENT.as_millis() as u64 * SAMPLES_PER_MS {
            // At most what fits the engine's queue; a process that stood still has missed it.
            let silence = vec![0; usize::try_from(missing).unwrap_or(PIECE).min(PIECE * 10)];
            self.fed = due - silence.len() as u64;
            self.hear(&silence).await;
        }
        if self.paused {
            return;
        }
        match self.speaking {
            Some(began) if began.elapsed() >= self.ways.speech => self.nothing("nomatch").await,
            None if self.ways.timers && self.since.elapsed() >= self.ways.no_input => {
                self.nothing("noinput").await;
            }
            _ => {}
        }
    }

    async fn heard(&mut self, text: &str) {
        // What it makes of a noise below the threshold is nothing.
        if self.paused || (text.is_empty() && self.speaking.is_none()) {
            return;
        }
        if text.is_empty() {
            return self.nothing("nomatch").await;
        }
        self.rest();
        let result =
            result(&self.grammar, &format!("<input mode=\"speech\">{}</input>", escaped(text)));
        self.tell(Detected::Result(result)).await;
    }

    async fn nothing(&mut self, what: &str) {
        self.rest();
        self.ways.timers = false;
        let result = result(&self.grammar, &format!("<input mode=\"speech\"><{what}/></input>"));
        self.tell(Detected::Result(result)).await;
    }

    /// Until somebody speaks again.
    fn rest(&mut self) {
        self.speaking = None;
        self.loud = 0;
        self.since = Instant::now();
    }

    async fn failed(mut self, why: String) {
        tracing::error!(call = %self.session.uuid(), "speech recognition ended: {why}");
        self.tell(Detected::Failed(why)).await;
    }

    async fn tell(&mut self, detected: Detected) {
        let (kind, body) = match &detected {
            Detected::Speaking => ("begin-speaking", None),
            Detected::Result(result) => ("detected-speech", Some(result.clone())),
            Detected::Failed(_) => ("closed", None),
        };
        let fill = |event: &mut Event| {
            event.set("Speech-Type", kind);
            if let Some(body) = body.clone() {
                event.set_body(body);
            }
        };
        let session = &self.session;
        session.0.fire(EventName::DetectedSpeech, fill);
        let mut message = session.switch().events().event(EventName::DetectedSpeech);
        session.describe(&mut message);
        fill(&mut message);
        // Nobody may read messages; then they are the same as a full queue of them.
        if let Err(full) = session.send_message(message) {
            tracing::debug!(call = %session.uuid(), "{full}");
        }
        if let Some(observer) = &self.observer
            && observer.send(detected).await.is_err()
        {
            self.observer = None;
        }
    }
}

/// A result as FreeSWITCH's engine writes it.
fn result(grammar: &str, input: &str) -> String {
    let grammar = escaped(grammar);
    format!(
        "<?xml version=\"1.0\"?>\n<result grammar=\"{grammar}\">\n  <interpretation \
         grammar=\"{grammar}\" confidence=\"100\">\n    {input}\n  </interpretation>\n</result>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The mean amplitude.
fn mean(samples: &[i16]) -> u32 {
    let sum: u32 = samples.iter().map(|sample| u32::from(sample.unsigned_abs())).sum();
    sum / (samples.len() as u32).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_xml_whatever_was_said() {
        let result = result("a<b", &escaped("x & \"y\""));
        assert!(result.contains("grammar=\"a&lt;b\"") && result.contains("x &amp; &quot;y&quot;"));
    }

    #[test]
    fn loudness_is_a_mean() {
        assert_eq!(mean(&[]), 0);
        assert_eq!(mean(&[-100, 300, i16::MIN, 0]), 8292);
    }
}
