//! A guest's standard output, line by line.

use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::io::AsyncWrite;
use tracing::field::display;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

use crate::ended::EndedBy;
use crate::job::Job;
use crate::volume::{Volume, Writing};

/// What a guest may write at once, in bytes.
const CHUNK: usize = 64 << 10;

/// Which of its two outputs a guest wrote to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// `print`, `io.write`.
    Stdout,
    /// `io.stderr`, and what the guest's runtime says before it aborts.
    Stderr,
}

/// Takes the lines that guests print.
///
/// Called on a guest thread, while the guest waits: it must not block.
pub trait Output: Send + Sync {
    /// A line, without its end; of the bytes that do not fit a profile's `line` nothing is kept.
    fn line(&self, job: &Job, stream: Stream, line: &[u8]);
}

/// Logs each line at INFO.
#[derive(Clone, Copy, Debug, Default)]
pub struct Log;

impl Output for Log {
    fn line(&self, job: &Job, stream: Stream, line: &[u8]) {
        let line = String::from_utf8_lossy(line);
        let (call, at) = (job.call().map(display), job.place().map(display));
        tracing::info!(call, script = job.script(), at, ?stream, "{line}");
    }
}

/// Both outputs of a run.
pub(crate) struct Sink {
    job: Arc<Job>,
    output: Arc<dyn Output>,
    written: Mutex<Written>,
}

struct Written {
    volume: Volume,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Sink {
    pub(crate) fn new(job: Arc<Job>, output: Arc<dyn Output>) -> Arc<Self> {
        let written = Written { volume: Volume::new(), stdout: Vec::new(), stderr: Vec::new() };
        Arc::new(Self { job, output, written: Mutex::new(written) })
    }

    fn write(&self, stream: Stream, bytes: &[u8]) {
        let profile = &self.job.profile;
        let mut written = self.written.lock();
        let writing = match profile.output {
            Some(limit) => written.volume.write(bytes.len(), limit),
            None => Writing::Fits,
        };
        let fitting = match writing {
            Writing::Fits => bytes,
            Writing::Cut(room) => bytes.get(..room).unwrap_or_default(),
            Writing::Refused => return,
            Writing::Far => {
                self.job.end(EndedBy::OutputLimit { limit: profile.output.unwrap_or(usize::MAX) });
                return;
            }
        };
        let mut complete: Vec<Vec<u8>> = Vec::new();
        let kept = match stream {
            Stream::Stdout => &mut written.stdout,
            Stream::Stderr => &mut written.stderr,
        };
        for piece in fitting.split_inclusive(|byte| *byte == b'\n') {
            let (text, ended) = match piece.split_last() {
                Some((b'\n', text)) => (text, true),
                _ => (piece, false),
            };
            let room = profile.line.saturating_sub(kept.len()).min(text.len());
            kept.extend_from_slice(text.get(..room).unwrap_or_default());
            if ended {
                complete.push(mem::take(kept));
            }
        }
        drop(written);
        for line in complete {
            self.output.line(&self.job, stream, &line);
        }
        if writing == Writing::Fits {
            return;
        }
        tracing::warn!(
            call = self.job.call().map(display),
            script = self.job.script(),
            at = self.job.place().map(display),
            limit = profile.output,
            "output-limit: the script prints more in a minute than profile '{}' allows; the rest of \
             the minute is not logged",
            profile.name
        );
    }

    /// Hands over what was written without a line's end.
    pub(crate) fn finish(&self) {
        let last = {
            let mut written = self.written.lock();
            let Written { stdout, stderr, .. } = &mut *written;
            [(Stream::Stdout, mem::take(stdout)), (Stream::Stderr, mem::take(stderr))]
        };
        for (stream, line) in last {
            if !line.is_empty() {
                self.output.line(&self.job, stream, &line);
            }
        }
    }
}

/// One of the outputs, as the guest gets it.
#[derive(Clone)]
pub(crate) struct Pipe {
    pub(crate) sink: Arc<Sink>,
    pub(crate) stream: Stream,
}

impl IsTerminal for Pipe {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Pipe {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Pipe {
    async fn ready(&mut self) {}
}

impl OutputStream for Pipe {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if bytes.len() > CHUNK {
            return Err(StreamError::Trap(wasmtime::format_err!(
                "wrote {} bytes where {CHUNK} were allowed",
                bytes.len()
            )));
        }
        self.sink.write(self.stream, &bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(CHUNK)
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.sink.write(self.stream, bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
