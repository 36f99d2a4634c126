//! The program `ringfence-odbc`: one connection to one ODBC data source.
//!
//! The server starts one for each connection and speaks [`protocol`] with it
//! (`ringfence_database`). Drivers are loaded into this process, so that one that crashes, hangs or
//! leaks is no danger to calls; killing the process interrupts whatever it does.
//!
//! `driver` is all that speaks ODBC; it is there when unixODBC was there to build with (`build.rs`).

#[cfg(unixodbc)]
mod driver;

use std::io::{self, BufRead as _, Read as _, Write as _};

use ringfence_database::protocol::{self, Answer, MAX_LINE, Question};

/// Serves until the input ends. Blocks.
pub fn serve() -> io::Result<()> {
    let mut line = Line { input: io::stdin().lock(), output: io::stdout().lock() };
    while let Some(question) = line.question()? {
        let Question::Connect { source, user, password } = question else {
            line.answer(&Answer::Failed("the first question must be to connect".to_owned()))?;
            continue;
        };
        #[cfg(unixodbc)]
        driver::serve(&mut line, &source, &user, &password)?;
        #[cfg(not(unixodbc))]
        {
            drop((source, user, password));
            line.answer(&Answer::Failed(
                "this server was built without unixODBC: install unixodbc-dev and build again"
                    .to_owned(),
            ))?;
        }
    }
    Ok(())
}

/// Questions and answers.
struct Line {
    input: io::StdinLock<'static>,
    output: io::StdoutLock<'static>,
}

impl Line {
    /// The next question; none at the end.
    fn question(&mut self) -> io::Result<Option<Question>> {
        let mut text = Vec::new();
        (&mut self.input).take(MAX_LINE as u64).read_until(b'\n', &mut text)?;
        if text.is_empty() {
            return Ok(None);
        }
        Ok(Some(serde_json::from_slice(&text)?))
    }

    fn answer(&mut self, answer: &protocol::Answer) -> io::Result<()> {
        serde_json::to_writer(&mut self.output, answer)?;
        self.output.write_all(b"\n")?;
        self.output.flush()
    }
}
