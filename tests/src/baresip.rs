//! baresip: a phone that others wrote, steered over its TCP control.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::log::Log;
use crate::{audio, eventually, ports};

/// A running baresip that speaks a WAV file and records what it hears. It answers calls at once.
pub struct Baresip {
    child: Child,
    folder: TempDir,
    control: TcpStream,
    unread: Vec<u8>,
    events: Vec<Value>,
    log: Log,
    /// Where it listens for SIP, UDP and TCP.
    pub port: u16,
}

impl Baresip {
    /// A phone that says `speech` in each call, then nothing for a minute, and offers these codecs
    /// (`PCMU/8000/1`).
    pub fn start(speech: &[i16], codecs: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("ringfence-baresip-").tempdir().unwrap();
        let port = ports::free();
        let path = folder.path();
        // It hangs up at the end of its file.
        let silence = vec![0; 60 * audio::RATE];
        audio::write(&path.join("speech.wav"), &[speech, &silence].concat());
        std::fs::write(path.join("config"), configuration(path, port)).unwrap();
        let account =
            format!("<sip:phone@127.0.0.1>;regint=0;answermode=auto;audio_codecs={codecs}\n");
        std::fs::write(path.join("accounts"), account).unwrap();
        let mut child = Command::new("baresip")
            .arg("-f")
            .arg(path)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("baresip (`make setup` installs it)");
        let log = Log::default();
        log.follow(child.stdout.take().unwrap());
        log.follow(child.stderr.take().unwrap());
        let control = eventually("baresip's control", || {
            if let Some(status) = child.try_wait().unwrap() {
                panic!("baresip ended with {status}:\n{log}");
            }
            TcpStream::connect(("127.0.0.1", port + 3)).ok()
        });
        control.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        Self { child, folder, control, unread: Vec::new(), events: Vec::new(), log, port }
    }

    /// The URI at which it is called.
    pub fn uri(&self) -> String {
        format!("sip:phone@127.0.0.1:{}", self.port)
    }

    /// Calls.
    pub fn dial(&mut self, uri: &str) {
        self.command("dial", uri);
    }

    /// Presses a key (RFC 4733).
    pub fn press(&mut self, digit: char) {
        self.command("sndcode", &digit.to_string());
    }

    /// Holds the call, or goes on with it.
    pub fn hold(&mut self, hold: bool) {
        self.command(if hold { "hold" } else { "resume" }, "");
    }

    /// Hangs up.
    pub fn hangup(&mut self) {
        self.command("hangup", "");
    }

    fn command(&mut self, command: &str, parameters: &str) {
        let text = json!({ "command": command, "params": parameters }).to_string();
        self.control.write_all(format!("{}:{text},", text.len()).as_bytes()).unwrap();
    }

    /// Waits for an event of that type (`CALL_ESTABLISHED`) that was not waited for yet; its
    /// parameter.
    #[track_caller]
    pub fn event(&mut self, kind: &str) -> String {
        eventually(&format!("baresip's event {kind}"), || {
            self.read();
            let at = self.events.iter().position(|event| event["type"] == kind)?;
            let event = self.events.remove(at);
            Some(event["param"].as_str().unwrap_or_default().to_owned())
        })
    }

    fn read(&mut self) {
        let mut buffer = [0; 65_536];
        while let Ok(length @ 1..) = self.control.read(&mut buffer) {
            self.unread.extend(&buffer[..length]);
        }
        // Netstrings: `length:text,`.
        while let Some(colon) = self.unread.iter().position(|octet| *octet == b':') {
            let length: usize = std::str::from_utf8(&self.unread[..colon])
                .ok()
                .and_then(|text| text.parse().ok())
                .expect("a netstring");
            let end = colon + 1 + length;
            if self.unread.len() <= end {
                return;
            }
            let value: Value = serde_json::from_slice(&self.unread[colon + 1..end]).unwrap();
            if value["event"] == true {
                self.events.push(value);
            }
            self.unread.drain(..=end);
        }
    }

    /// What it heard in its call so far; call it after the end.
    pub fn heard(&self) -> Vec<i16> {
        audio::read(&self.dump("-dec.wav"))
    }

    fn dump(&self, suffix: &str) -> PathBuf {
        let entries = std::fs::read_dir(self.folder.path()).unwrap().flatten();
        entries
            .map(|entry| entry.path())
            .find(|path| path.to_string_lossy().ends_with(suffix))
            .unwrap_or_else(|| panic!("baresip recorded nothing; it said:\n{}", self.log))
    }
}

fn configuration(folder: &Path, port: u16) -> String {
    let folder = folder.display();
    // baresip takes the port after `sip_listen` for TLS.
    format!(
        "sip_listen 127.0.0.1:{port}\n\
         net_interface 127.0.0.1\n\
         rtp_ports {}-{}\n\
         call_max_calls 4\n\
         audio_source aufile,{folder}/speech.wav\n\
         audio_player aufile,/dev/null\n\
         audio_alert aufile,/dev/null\n\
         ausrc_srate 8000\nauplay_srate 8000\nausrc_channels 1\nauplay_channels 1\n\
         jitter_buffer_delay 5-10\n\
         snd_path {folder}\n\
         statmode_default off\n\
         module_path /usr/lib/baresip/modules\n\
         module g711.so\nmodule g722.so\nmodule aufile.so\nmodule sndfile.so\n\
         module_tmp uuid.so\nmodule_tmp account.so\n\
         module_app menu.so\n\
         module ctrl_tcp.so\nctrl_tcp_listen 127.0.0.1:{}\n",
        port + 4,
        port + 9,
        port + 3,
    )
}

impl Drop for Baresip {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("baresip said:\n{}", self.log);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Caller;

    #[test]
    fn one_calls_another_and_they_hear_each_other() {
        let (high, low) = (audio::sweep(3.0), audio::tone(400.0, 3.0));
        let mut caller = Baresip::start(&high, "PCMU/8000/1");
        let mut called = Baresip::start(&low, "PCMU/8000/1");
        caller.dial(&called.uri());
        caller.event("CALL_ESTABLISHED");
        caller.press('7');
        assert_eq!(called.event("CALL_DTMF_START"), "7");
        std::thread::sleep(Duration::from_secs(3));
        caller.hangup();
        called.event("CALL_CLOSED");
        let likeness = audio::likeness(&high, &called.heard());
        assert!(likeness > 0.9, "{likeness}");
        assert!(audio::likeness(&high, &caller.heard()) < 0.6);
    }

    #[test]
    fn our_caller_is_understood_by_it() {
        let speech = audio::sweep(2.0);
        let mut called = Baresip::start(&speech, "PCMU/8000/1");
        let mut caller = Caller::new(called.port);
        caller.invite("phone");
        caller.answered();
        caller.say(&[0xff; 800]);
        caller.press('3');
        assert_eq!(called.event("CALL_DTMF_START"), "3");
        let heard = audio::linear(&caller.hears(90));
        assert_eq!(caller.bye().status(), Some(200));
        called.event("CALL_CLOSED");
        let likeness = audio::likeness(&speech[..8000], &heard);
        assert!(likeness > 0.9, "{likeness}");
    }
}
