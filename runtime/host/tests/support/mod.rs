//! A server in memory, with scripts, that can call itself.

#![allow(unreachable_pub, dead_code, unused_imports, reason = "every test uses a part of it")]

#[path = "../../../../tests/shared/corpus.rs"]
mod corpus;
pub mod profiled;

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

pub use corpus::cases;
use corpus::corpus;
use ringfence_host::{LuaConfiguration, LuaVersion, Scripts};
use ringfence_media::Media;
use ringfence_outside::mail::Route;
use ringfence_rim::{Clock, Network};
use ringfence_sandbox::Sandbox;
use ringfence_sip::{Listen, Stack};
use ringfence_switch::{
    Cause, Setup, Switch,
    config::{Configuration, LuaSettings},
    event::{Event, EventName, Filter},
    variable::Variables,
    xml::{self, Assembled},
};
use tempfile::TempDir;
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// Longer than any case; the corpus was recorded with it.
const LONGEST: Duration = Duration::from_secs(22);

/// The directory of the recording server, as the corpus names it.
const THERE: &str = "/opt/peers/fsrun2";

/// The configuration; `DIR` is the scripts' directory.
const CONFIGURATION: &str = r#"<document type="freeswitch/xml">
  <section name="configuration">
    <configuration name="sofia.conf"><profiles><profile name="test"><settings>
      <param name="sip-ip" value="192.0.2.1"/>
      <param name="sip-port" value="5060"/>
      <param name="dialplan" value="XML"/>
      <param name="context" value="public"/>
      <param name="user-agent-string" value="FSgolden"/>
    </settings></profile></profiles></configuration>
    LUA
  </section>
  SECTIONS
  <section name="dialplan">
    <context name="public">EXTENSIONS</context>
    <context name="luat">EXTENSIONS</context>
  </section>
</document>"#;

const EXTENSIONS: &str = r#"
  <extension name="l"><condition field="destination_number" expression="^lua_(.+)$">
    <action application="lua" data="golden/run.lua DIR/scripts/golden/s/$1.lua DIR/scripts/golden/r/$1"/>
    <action application="eval" data="after-lua"/>
    <action application="hangup" data="CALL_REJECTED"/>
  </condition></extension>
  <extension name="r"><condition field="destination_number" expression="^raw_(.+)$">
    <action application="lua" data="golden/s/$1.lua"/>
    <action application="eval" data="after-lua"/>
    <action application="hangup" data="CALL_REJECTED"/>
  </condition></extension>
  <extension name="t"><condition field="destination_number" expression="^tgt$">
    <action application="eval" data="transfer target"/>
    <action application="hangup" data="USER_BUSY"/>
  </condition></extension>"#;

/// Writes its arguments and the message into a file.
const MAILER: &str = r#"{
    echo "ARGS: $*"
    for word in "$@"; do echo "ARG[$word]"; done
    echo "STDIN:"
    cat
    echo "<<END"
} > DIR/mail.out
"#;

/// Integers that FreeSWITCH returns as floats, as integers; strings stay.
pub fn tidy(line: &str) -> String {
    let mut out = String::new();
    for (index, part) in line.split('"').enumerate() {
        if index > 0 {
            out.push('"');
        }
        // Every other part is within quotes; an escaped quote shifts that, but then both sides do.
        if index % 2 == 0 {
            let part = part.replace(".0,", ",").replace(".0}", "}");
            out.push_str(part.strip_suffix(".0").unwrap_or(&part));
        } else {
            out.push_str(part);
        }
    }
    out
}

/// Equal, but for times that differ by up to 100 ms.
pub fn same(seen: &[String], expected: &[String]) -> bool {
    seen.len() == expected.len()
        && seen.iter().zip(expected).all(|(seen, expected)| {
            let (seen, expected): (Vec<_>, Vec<_>) =
                (seen.split(", ").collect(), expected.split(", ").collect());
            seen.len() == expected.len()
                && seen.iter().zip(&expected).all(|(seen, expected)| {
                    seen == expected
                        || matches!(
                            (seen.parse::<i64>(), expected.parse::<i64>()),
                            (Ok(a), Ok(b)) if a % 100 == 0 && b % 100 == 0 && (a - b).abs() <= 100
                        )
                })
        })
}

/// The lines that differ, marked; for messages.
pub fn difference(seen: &[String], expected: &[String]) -> String {
    let mut text = String::new();
    for index in 0..seen.len().max(expected.len()) {
        let (seen, expected) = (seen.get(index), expected.get(index));
        if seen != expected {
            text.push_str(&format!("   expected {expected:?}\n   seen     {seen:?}\n"));
        }
    }
    text
}

/// A call that is over.
#[derive(Default)]
pub struct Call {
    /// `executed application data`, in order, without the script itself.
    pub executed: Vec<String>,
    pub cause: String,
}

/// The server.
pub struct Server {
    folder: TempDir,
    pub switch: Switch,
    pub scripts: Scripts,
}

impl Server {
    pub async fn start(version: LuaVersion) -> Self {
        Self::with(version, "", "").await
    }

    /// One with a `lua.conf` and sections of its own.
    pub async fn with(version: LuaVersion, lua: &str, sections: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().to_str().unwrap().to_owned();
        for name in ["scripts/golden/s", "scripts/golden/r"] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        for name in ["run.lua", "argv.lua"] {
            std::fs::copy(
                corpus("lua").join(name),
                folder.path().join("scripts/golden").join(name),
            )
            .unwrap();
        }
        tone(&folder.path().join("tone10.wav"));

        let extensions = EXTENSIONS.replace("DIR", &directory);
        let mut assembled = Assembled::default();
        CONFIGURATION
            .replace("EXTENSIONS", &extensions)
            .replace("LUA", lua)
            .replace("SECTIONS", sections)
            .clone_into(&mut assembled.text);
        let root = xml::parse(&assembled).unwrap();
        let mut globals = Variables::new();
        let scripts_folder = format!("{directory}/scripts");
        for (name, value) in [
            ("script_dir", scripts_folder.as_str()),
            ("recordings_dir", directory.as_str()),
            ("g1", "globalone"),
        ] {
            globals.set(name, value).unwrap();
        }
        let mut faults = Vec::new();
        let mut configuration = Configuration::read(root, globals, &mut faults);
        // The cases take no (virtual) time.
        configuration.switch.sessions_per_second = 1_000_000;
        // As the recorder's: it writes down what it is given.
        let mailer = folder.path().join("mailer");
        std::fs::write(&mailer, MAILER.replace("DIR", &directory)).unwrap();
        configuration.switch.mail =
            Route::Mailer { app: format!("sh {}", mailer.display()), arguments: "-t".to_owned() };
        assert!(faults.is_empty(), "{faults:?}");
        let mut settings: LuaSettings = configuration.lua.clone();
        settings.version = version.to_string();
        // The runner writes its results beside the scripts.
        let mut limits = configuration.sandbox.clone();
        for profile in &mut limits.profiles {
            profile.permissions.write.push(settings.folder.clone());
        }

        let network = Network::new();
        let listen = Listen {
            profile: "test".into(),
            ..Listen::udp((IpAddr::from([192, 0, 2, 1]), 5060).into())
        };
        let sip = ringfence_sip::Config { listen: vec![listen], ..Default::default() };
        let sip = Stack::simulated(sip, network.clone()).unwrap();
        let media = Media::simulated(ringfence_media::Config::default(), network).unwrap();
        let switch = Switch::new(Setup {
            configuration,
            directory: None,
            sip: Some(sip),
            media,
            clock: Clock::simulated(UNIX_EPOCH + Duration::from_secs(1_700_000_000)),
            hostname: "localhost".to_owned(),
        });
        let lua = LuaConfiguration::from_settings(&settings, &limits);
        let scripts = Scripts::new(switch.clone(), sandbox(), lua);
        scripts.prepare().await.unwrap();
        Self { folder, switch, scripts }
    }

    /// A text of the corpus with this server's directory.
    pub fn local(&self, text: &str) -> String {
        text.replace(THERE, self.folder.path().to_str().unwrap())
    }

    /// The folder of scripts.
    pub fn scripts_folder(&self) -> PathBuf {
        self.folder.path().join("scripts")
    }

    /// Runs an API command line.
    pub async fn command(&self, line: &str) -> String {
        let (name, arguments) = line.split_once(' ').unwrap_or((line, ""));
        match timeout(LONGEST, self.switch.command(name, arguments, None)).await {
            Ok(output) => output.unwrap_or_else(|error| error.to_string()),
            Err(_) => "did not end".to_owned(),
        }
    }

    /// Writes a case's script.
    pub fn snippet(&self, id: &str, code: &str) {
        let path = self.folder.path().join(format!("scripts/golden/s/{id}.lua"));
        std::fs::write(path, ringfence_text::encode(code)).unwrap();
    }

    /// The arguments of the runner: the script and where the result goes.
    pub fn files(&self, id: &str) -> String {
        let folder = self.folder.path().join("scripts/golden");
        format!("{0}/s/{id}.lua {0}/r/{id}", folder.display())
    }

    /// What a case printed.
    pub fn printed(&self, id: &str) -> Vec<String> {
        let path = self.folder.path().join(format!("scripts/golden/r/{id}"));
        let bytes = std::fs::read(path).unwrap_or_default();
        ringfence_text::decode(&bytes).lines().map(tidy).collect()
    }

    /// Calls the script of a case, and does `actions` to the leg that comes in.
    pub async fn call(&self, id: &str, raw: bool, actions: Vec<(Duration, String)>) -> Call {
        let filter = Filter::none()
            .with(EventName::ChannelCreate)
            .with(EventName::ChannelExecute)
            .with(EventName::ChannelHangupComplete);
        let mut events = self.switch.events().subscribe(filter, 1_000);
        let prefix = if raw { "raw" } else { "lua" };
        let line = format!(
            "{{origination_caller_id_name=Alice,origination_caller_id_number=5551234}}\
             sofia/test/{prefix}_{id}@192.0.2.1 &park()"
        );
        let switch = self.switch.clone();
        let calling = tokio::spawn(async move { switch.command("originate", &line, None).await });

        let (mut call, mut uuid, mut acting) = (Call::default(), String::new(), None);
        let watching = async {
            loop {
                let event = events.next().await.event;
                let header = |name: &str| event.header(name).unwrap_or_default().into_owned();
                let incoming = event.name() == EventName::ChannelCreate
                    && header("Call-Direction") == "inbound";
                // Later ones are legs that a script calls.
                if incoming && uuid.is_empty() {
                    uuid = header("Unique-ID");
                    acting =
                        Some(tokio::spawn(act(self.switch.clone(), uuid.clone(), actions.clone())));
                } else if header("Unique-ID") != uuid || header("Application") == "lua" {
                } else if event.name() == EventName::ChannelExecute {
                    let (name, data) = (header("Application"), header("Application-Data"));
                    call.executed.push(format!("executed {name} {data}"));
                } else {
                    call.cause = header("Hangup-Cause");
                    break;
                }
            }
        };
        let ending = async {
            sleep(LONGEST).await;
            // As the recorder did with a case that did not end.
            self.switch.hangup_all(Cause::NORMAL_CLEARING, |_| true);
            sleep(LONGEST).await;
        };
        tokio::select! {
            () = watching => {}
            () = ending => panic!("{id}: the call does not end"),
        }
        if let Some(acting) = acting {
            acting.abort();
        }
        self.switch.hangup_all(Cause::NORMAL_CLEARING, |_| true);
        assert!(!uuid.is_empty(), "{id}: no call came in: {:?}", calling.await);
        drop(calling.await);
        while !self.switch.sessions().is_empty() {
            sleep(Duration::from_millis(10)).await;
        }
        call
    }
}

/// A sandbox for a few guests: tests run side by side, and each instance reserves address space.
fn sandbox() -> Sandbox {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guests");
    let sandbox =
        ringfence_sandbox::Config { instances: 20, ..ringfence_sandbox::Config::new(cache) };
    Sandbox::on(sandbox, tokio::runtime::Handle::current()).unwrap()
}

/// Does the actions of a case, each at its time after the call came in.
async fn act(switch: Switch, uuid: String, actions: Vec<(Duration, String)>) {
    let began = Instant::now();
    for (at, action) in actions {
        sleep_until(began + at).await;
        let action = action.replace("$UUID", &uuid);
        if let Some(text) = action.strip_prefix("esl:sendevent MESSAGE") {
            let mut event = Event::bare(EventName::Message);
            for line in text.split("\\n").flat_map(str::lines) {
                if let Some((name, value)) = line.split_once(": ") {
                    event.set(name, value);
                }
            }
            let session = switch.session(&uuid).unwrap();
            session.send_message(event).unwrap();
        } else {
            let (name, arguments) = action.split_once(' ').unwrap();
            // A command that is not there does nothing, as in FreeSWITCH.
            drop(switch.command(name, arguments, None).await);
        }
    }
}

/// Ten seconds of a 440 Hz tone, 8 kHz mono.
fn tone(path: &Path) {
    let samples = (0..80_000_u32).map(|index| {
        let phase = f64::from(index) * 440.0 / 8000.0 * std::f64::consts::TAU;
        (phase.sin() * 8000.0) as i16
    });
    let data: Vec<u8> = samples.flat_map(i16::to_le_bytes).collect();
    let mut wav = Vec::with_capacity(44 + data.len());
    wav.extend_from_slice(b"RIFF");
    wav.extend_from_slice(&(36 + data.len() as u32).to_le_bytes());
    wav.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend_from_slice(&8000_u32.to_le_bytes());
    wav.extend_from_slice(&16000_u32.to_le_bytes());
    wav.extend_from_slice(b"\x02\0\x10\0data");
    wav.extend_from_slice(&(data.len() as u32).to_le_bytes());
    wav.extend_from_slice(&data);
    std::fs::write(path, wav).unwrap();
}
