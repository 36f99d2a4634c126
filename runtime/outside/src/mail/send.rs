//! Handing a message over: to a mailer command, or to an SMTP server.

use std::time::Duration;

use lettre::address::Envelope;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use ringfence_text::encode;

use super::message::{Invalid, Message};
use crate::command::{Command, Ended, Plain, Program};
use crate::{Gone, Outside, command};

/// How long a mailer or a server may take for one message.
pub const SMTP_TIMEOUT: Duration = Duration::from_secs(60);

/// Where it is written who delivers; for messages.
const SETTING: &str = "mailer-app and mailer-app-args, or smtp-url, of autoload_configs/switch.conf.xml \
                       say who takes mail";

/// Who delivers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// A command as `sendmail`: `<app> -f <from> <arguments> <to>`, the message on its input.
    Mailer {
        /// The program, with arguments in front if it must be.
        app: String,
        /// Arguments behind the sender.
        arguments: String,
    },
    /// An SMTP server: `smtp://host:25`, `smtps://user:password@host`, `smtp://host:587?tls=required`.
    Smtp(String),
}

/// Why a message was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It has no usable address.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The configuration of the mailer or server cannot be used.
    #[error("{0}; {SETTING}")]
    Route(String),
    /// The mailer cannot be run.
    #[error("{0}; {SETTING}")]
    Mailer(#[from] command::Fault),
    /// The mailer did not want it.
    #[error("the mailer {app} ended with {ended}; {SETTING}")]
    Unwanted {
        /// Which.
        app: String,
        /// How.
        ended: Ended,
    },
    /// The server did not want it, or was not reached in time.
    #[error("SMTP: {0}; {SETTING}")]
    Smtp(String),
    /// There is no thread to wait on.
    #[error(transparent)]
    Gone(#[from] Gone),
}

impl Message {
    /// Hands the message over and waits until it was taken. `who` wants it, for the log.
    ///
    /// # Errors
    ///
    /// [`Fault`].
    pub async fn send(self, outside: &Outside, route: &Route, who: &str) -> Result<(), Fault> {
        let recipients: Vec<String> = self.recipients()?.into_iter().map(str::to_owned).collect();
        match route {
            Route::Mailer { app, arguments } => self.by_command(outside, app, arguments, who).await,
            Route::Smtp(url) => {
                let url = url.clone();
                outside.run(async move { self.by_smtp(&url, &recipients).await }).await?
            }
        }
    }

    async fn by_command(
        self,
        outside: &Outside,
        app: &str,
        arguments: &str,
        who: &str,
    ) -> Result<(), Fault> {
        let words = |text: &str| -> Result<Vec<String>, Fault> {
            if text.trim().is_empty() {
                return Ok(Vec::new());
            }
            let plain = Plain::read(text)
                .map_err(|why| Fault::Route(format!("the mailer cannot be run: {text}: {why}")))?;
            Ok(plain.words)
        };
        let mut command = words(app)?;
        if command.is_empty() {
            return Err(Fault::Route("there is no mailer: mailer-app is empty".to_owned()));
        }
        if !self.from.is_empty() {
            command.extend(["-f".to_owned(), self.from.clone()]);
        }
        command.extend(words(arguments)?);
        command.push(self.to.clone());
        let command = Command {
            program: Program::Plain(Plain { words: command, no_output: true, ..Plain::default() }),
            folder: None,
            environment: Vec::new(),
            deadline: SMTP_TIMEOUT,
            who: who.to_owned(),
        };
        match command.output(outside, self.text(), 0).await?.ended {
            Ended::Code(0) => Ok(()),
            ended => Err(Fault::Unwanted { app: app.to_owned(), ended }),
        }
    }

    async fn by_smtp(self, url: &str, recipients: &[String]) -> Result<(), Fault> {
        let address =
            |text: &str| text.parse::<Address>().map_err(|_| Invalid::Address(text.to_owned()));
        let to = recipients.iter().map(|text| address(text)).collect::<Result<Vec<_>, _>>()?;
        let from = (!self.from.is_empty()).then(|| address(&self.from)).transpose()?;
        let envelope = Envelope::new(from, to).map_err(|error| Fault::Smtp(error.to_string()))?;
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|error| Fault::Route(format!("smtp-url cannot be used: {error}")))?
            .timeout(Some(SMTP_TIMEOUT))
            .build();
        let message = self.for_smtp();
        let sending = transport.send_raw(&envelope, &message);
        match tokio::time::timeout(SMTP_TIMEOUT, sending).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(Fault::Smtp(error.to_string())),
            Err(_) => Err(Fault::Smtp(format!("no answer within {} s", SMTP_TIMEOUT.as_secs()))),
        }
    }

    /// The message with what `sendmail` would add (From, To, Date) and the line ends of SMTP.
    fn for_smtp(&self) -> Vec<u8> {
        let has = |name: &str| {
            self.headers.lines().any(|line| {
                line.split_once(':')
                    .is_some_and(|(known, _)| known.trim().eq_ignore_ascii_case(name))
            })
        };
        let mut head = String::new();
        if !has("From") && !self.from.is_empty() {
            head.push_str(&format!("From: {}\n", self.from));
        }
        if !has("To") {
            head.push_str(&format!("To: {}\n", self.to));
        }
        if !has("Date") {
            head.push_str(&format!("Date: {}\n", chrono::Utc::now().to_rfc2822()));
        }
        let mut message = encode(&head).into_owned();
        message.extend(self.text());
        let mut lines = Vec::with_capacity(message.len() + message.len() / 32);
        for line in message.split(|byte| *byte == b'\n') {
            lines.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
            lines.extend_from_slice(b"\r\n");
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_names_the_parameters() {
        let why = std::io::Error::from(std::io::ErrorKind::NotFound);
        let start = command::Fault::Start { command: "sendmail".into(), why };
        let unwanted = Fault::Unwanted { app: "sendmail".into(), ended: Ended::Code(1) };
        for fault in [start.into(), unwanted, Fault::Route("a".into()), Fault::Smtp("b".into())] {
            let text = fault.to_string();
            for word in ["mailer-app", "smtp-url", "autoload_configs/switch.conf.xml"] {
                assert!(text.contains(word), "{text}");
            }
        }
    }

    #[test]
    fn what_sendmail_would_add() {
        let message = Message {
            to: "a@x".into(),
            from: "f@y".into(),
            headers: "to: A <a@x>\nSubject: s".into(),
            body: "one\r\ntwo".into(),
            attachment: None,
        };
        let text = String::from_utf8(message.for_smtp()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("From: f@y\r\nDate: "), "{head}");
        assert!(head.ends_with("\r\nto: A <a@x>\r\nSubject: s"), "{head}");
        assert_eq!(body, "one\r\ntwo\r\n");
    }
}
