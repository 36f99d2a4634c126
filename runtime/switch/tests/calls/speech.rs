//! `say`, phrases, spoken texts and menus, with what FreeSWITCH was recorded to do (the ids are its
//! cases in tests/corpus).

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use ringfence_switch::config::Configuration;
use ringfence_switch::event::{Event, EventName, Subscription};
use ringfence_switch::ivr::{Action, Entry, Menu, Menus};
use ringfence_switch::speech::{Grammar, Recogniser, Recognition};
use ringfence_switch::variable::Variables;
use ringfence_switch::xml::{Assembled, parse};
use ringfence_switch::{
    Control, Detect, Failure, Operation, OperationEvent, Outcome, Play, SPEECH_RESULT, Session,
    Speak, Speech,
};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use crate::rig::{Rig, soon};
use crate::support::{Report, cases};

/// The languages of the recordings, with more macros.
const LANGUAGES: &str = r#"
  <section name="languages"><language name="en" say-module="en" sound-prefix="$SOUNDS">
   <phrases><macros>
    <macro name="m1"><input pattern="^(\d+)$">
      <match><action function="play-file" data="silence_stream://100"/>
             <action function="say" data="$1" method="pronounced" type="number"/></match>
      <nomatch><action function="play-file" data="silence_stream://300"/></nomatch></input></macro>
    <macro name="several" pause="0">
      <input pattern="^(.*)$"><match>
        <action function="execute" data="set(heard=$1)"/>
        <action function="phrase" phrase="inner" data="$1-${heard}"/>
        <action function="execute" data="playback(silence_stream://200)"/>
        <action function="play-file" data="silence_stream://100"/></match></input>
      <input pattern="stop" break_on_match="true"><match>
        <action function="execute" data="set(second=true)"/><action function="break"/></match></input>
      <input><match><action function="execute" data="set(third=true)"/></match></input>
    </macro>
    <macro name="inner" pause="0"><input pattern=".*"><match>
      <action function="execute" data="set(inner=$0)"/></match></input></macro>
    <macro name="itself"><input><match><action function="phrase" phrase="itself"/></match></input></macro>
    <macro name="wrong"><input pattern="("><match/></input></macro>
   </macros></phrases></language></section>"#;

/// A rig with those languages and `more` sections; a sound `digits/<n>.ul` has 100 ms for each n.
fn rig(more: &str) -> (Rig, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("digits")).unwrap();
    for digit in 1..=5 {
        let name = folder.path().join(format!("digits/{digit}.wav"));
        wav(&name, 800 * digit);
    }
    let languages = LANGUAGES.replace("$SOUNDS", &folder.path().to_string_lossy());
    let text = format!(
        "<document><section name=\"configuration\"><configuration name=\"switch.conf\"/></section>\
         {languages}{}</document>",
        more.replace("$FOLDER", &folder.path().to_string_lossy())
    );
    let root = parse(&Assembled::of_text("freeswitch.xml", text)).unwrap();
    let mut faults = Vec::new();
    let configuration = Configuration::read(root, Variables::new(), &mut faults);
    (Rig::with(configuration), folder)
}

/// Silence of so many samples.
fn wav(path: &std::path::Path, samples: u32) {
    let bytes = samples * 2;
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend((36 + bytes).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    for half in [1_u16, 1] {
        file.extend(half.to_le_bytes());
    }
    for word in [8000_u32, 16000] {
        file.extend(word.to_le_bytes());
    }
    for half in [2_u16, 16] {
        file.extend(half.to_le_bytes());
    }
    file.extend(b"data");
    file.extend(bytes.to_le_bytes());
    file.resize(file.len() + bytes as usize, 0);
    std::fs::write(path, file).unwrap();
}

/// A module that there is not is told of once a call, and the call's language says it.
#[tokio::test(start_paused = true)]
async fn an_unknown_say_module_is_told_of() {
    let (rig, _folder) = rig("");
    let session = rig.null().await;
    for known in ["en", "EN", ""] {
        assert_eq!(session.unknown_say_module(known), None);
    }
    let told = session.unknown_say_module("de").unwrap();
    assert!(told.starts_with("say: there is no say module de, only en: "), "{told}");
    assert_eq!(session.unknown_say_module("fr"), None);
    let (done, took) = timed(&session, "say", "de number pronounced 3").await;
    assert_eq!((done, took), (Ok(()), 300));
    assert!(rig.null().await.unknown_say_module("de").is_some());
}

fn press(session: &Session, keys: &'static [(u64, &'static str)]) {
    let session = session.clone();
    tokio::spawn(async move {
        let start = Instant::now();
        for (at, keys) in keys {
            tokio::time::sleep_until(start + Duration::from_millis(*at)).await;
            for key in keys.chars() {
                session.receive_dtmf(ringfence_switch::Dtmf::new(key).unwrap());
            }
        }
    });
}

fn rounded(start: Instant) -> u64 {
    (u64::try_from(start.elapsed().as_millis()).unwrap() + 50) / 100 * 100
}

/// How an application ends, and how long it takes to 100 ms.
async fn timed(session: &Session, application: &str, data: &str) -> (Result<(), Failure>, u64) {
    let start = Instant::now();
    let done = soon(session.execute(application, data)).await;
    (done, rounded(start))
}

#[tokio::test(start_paused = true)]
async fn say_string_is_freeswitchs() {
    // As recorded: in UTC.
    let (rig, _folder) = rig("");
    rig.switch.variables().set("timezone", Some("UTC")).unwrap();
    let empty = Rig::new(&[]);
    let mut report = Report::default();
    for case in cases("say.jsonl") {
        let line = case["in"]["cmd"].as_str().unwrap();
        let bare = case["setup"].as_str() == Some("section languages is empty");
        let seen = if bare { empty.api(line).await } else { rig.api(line).await };
        report.case(&case, &seen, case["out"].as_str().unwrap());
    }
    report.finish(80);
}

#[tokio::test(start_paused = true)]
async fn phrases_take_as_long_as_recorded() {
    let (rig, _folder) = rig("");
    let session = rig.null().await;
    // Its sounds were missing where lc353 was recorded; 6 is missing here.
    for (id, data, took) in [("lc352", "x", 400), ("lc353", "6", 300), ("ours", "3", 600)] {
        assert_eq!(timed(&session, "phrase", &format!("m1,{data}")).await.1, took, "{id}");
    }
    // The same as a sound.
    for path in ["phrase:m1:3", "phrase:m1,3"] {
        assert_eq!(timed(&session, "playback", path).await, (Ok(()), 600), "{path}");
    }
    let missing = timed(&session, "phrase", "nosuch,x").await;
    assert!(
        matches!(&missing, (Err(Failure::Failed(why)), 0) if why.contains("nosuch")),
        "{missing:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_macro_runs_what_it_names() {
    let (rig, _folder) = rig("");
    let session = rig.null().await;
    assert_eq!(timed(&session, "phrase", "several,stop").await, (Ok(()), 300));
    assert_eq!(session.variable("heard").as_deref(), Some("stop"));
    assert_eq!(session.variable("inner").as_deref(), Some("stop-stop"));
    assert_eq!(session.variable("second").as_deref(), Some("true"));
    assert_eq!(session.variable("third"), None, "the macro was broken before");
    session.execute("phrase", "several,go").await.unwrap();
    assert_eq!(session.variable("third").as_deref(), Some("true"));
    // Data fill the actions in; they are not expanded.
    session.set_variable("secret", Some("42")).unwrap();
    session.execute("phrase", "several,${secret}").await.unwrap();
    assert_eq!(session.variable("heard").as_deref(), Some("%{secret}"));
    for (name, why) in [("itself", "16 macros"), ("wrong", "pattern")] {
        let failed = session.execute("phrase", name).await.unwrap_err().to_string();
        assert!(failed.contains(why), "{name}: {failed}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_said_can_be_heard_and_ended() {
    let (rig, _folder) = rig("");
    let session = rig.null().await;
    assert_eq!(timed(&session, "say", "en number iterated 123").await, (Ok(()), 600));
    assert_eq!(timed(&session, "say", "en number iterated neuter 12").await, (Ok(()), 300));
    // What is missing is left out.
    assert_eq!(timed(&session, "say", "en number iterated 192").await, (Ok(()), 300));
    press(&session, &[(250, "*")]);
    assert_eq!(timed(&session, "say", "en number iterated 555").await, (Ok(()), 300));
    assert_eq!(session.variable("playback_terminator_used").as_deref(), Some("*"));
    for (data, why) in [
        ("en number pronounced x", "is no number"),
        ("en nosuch pronounced 1", "there are number, items"),
        ("en url pronounced x", "no words for url"),
        ("en:fr number pronounced 1", "no language fr"),
        ("en number", "say: <module_name>"),
    ] {
        let failed = session.execute("say", data).await.unwrap_err().to_string();
        assert!(failed.contains(why), "{data}: {failed}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_said_is_controlled_as_one() {
    let (rig, _folder) = rig("");
    let session = rig.null().await;
    let path = |path: &str| {
        let speech = Speech::Path(path.into());
        Operation::Speak(Speak { speech, input: true })
    };
    let start = Instant::now();
    let mut running = session.start(path("phrase:m1:5")).await.unwrap();
    press(&session, &[(50, "1"), (1050, "1"), (1150, "2")]);
    loop {
        match running.next_event().await {
            OperationEvent::Dtmf(key) if key.digit == '1' => {
                running.control(Control::Pause).unwrap();
            }
            OperationEvent::Dtmf(_) => running.control(Control::Stop).unwrap(),
            OperationEvent::Finished(outcome) => {
                assert_eq!(outcome, Outcome::Stopped);
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    // 50 ms of silence, a second of pause, 50 ms more, and the pause after it has begun.
    assert_eq!(rounded(start), 1200);
    assert_eq!(running.control(Control::Pause).unwrap_err().to_string(), "the operation has ended");
}

#[tokio::test(start_paused = true)]
async fn a_hangup_and_a_transfer_end_it() {
    let (rig, _folder) = rig("");
    let session = rig.null().await;
    let ending = session.clone();
    tokio::spawn(async move {
        sleep(Duration::from_millis(100)).await;
        ending.transfer("1", None, None).unwrap();
    });
    let (done, took) = timed(&session, "phrase", "m1,5").await;
    assert!(matches!(done, Err(Failure::Hangup(_))), "{done:?}");
    assert_eq!(took, 100);
}

const TTS: &str = r#"<section name="configuration"><configuration name="tts_commandline.conf"><settings>
    <param name="command" value="cp $FOLDER/digits/${voice}.wav ${file}"/>
    <param name="engine" value="flite"/><param name="voice" value="3"/>
    <param name="cache-folder" value="$FOLDER/cache"/></settings></configuration></section>"#;

#[tokio::test(start_paused = true)]
async fn texts_are_spoken_by_the_configured_command() {
    let (rig, _folder) = rig(TTS);
    let session = rig.null().await;
    for (application, data, took) in [
        ("speak", "tts_commandline|5|Good morning", 500),
        ("speak", "flite||Good morning", 300),
        ("playback", "say:flite:2:It is 5:30", 200),
    ] {
        assert_eq!(timed(&session, application, data).await, (Ok(()), took), "{data}");
    }
    for (data, why) in [
        ("nosuch|v|x", "no engine nosuch"),
        ("x", "tts_engine"),
        ("flite|3|", "no text"),
        ("flite|9|x", "ended with"),
        ("flite|-x|x", "voice"),
    ] {
        let failed = session.execute("speak", data).await.unwrap_err().to_string();
        assert!(failed.contains(why), "{data}: {failed}");
    }
    session.set_variable("tts_engine", Some("flite")).unwrap();
    session.set_variable("tts_voice", Some("4")).unwrap();
    assert_eq!(timed(&session, "speak", "Good evening").await, (Ok(()), 400));
    assert_eq!(timed(&session, "playback", "say:Good evening").await, (Ok(()), 400));
}

/// The menu of the recordings.
fn recorded(digit_len: u32, entries: &[(Action, &str, &str)]) -> Menus {
    let text = str::to_owned;
    let entries = entries.iter().map(|(action, argument, digits)| Entry {
        action: *action,
        digits: text(digits),
        argument: text(argument),
    });
    Menus::new([Menu {
        name: text("m1"),
        greet_long: text("silence_stream://200"),
        greet_short: text("silence_stream://100"),
        invalid_sound: text("silence_stream://100"),
        exit_sound: text("silence_stream://100"),
        inter_digit_timeout: 500,
        digit_len,
        timeout: 1000,
        max_failures: 2,
        max_timeouts: 2,
        entries: entries.collect(),
        ..Menu::default()
    }])
}

#[tokio::test(start_paused = true)]
async fn menus_go_as_recorded() {
    let one = recorded(1, &[(Action::Execute, "set got=one", "1"), (Action::Exit, "", "9")]);
    let exit = recorded(1, &[(Action::Exit, "", "9")]);
    let pattern = [(Action::Execute, "set got=ext$1", "/^(\\d{3})$/"), (Action::Exit, "", "9999")];
    let pattern = recorded(4, &pattern);
    type Case<'a> = (&'a str, &'a Menus, &'static [(u64, &'static str)], u64, Option<&'a str>);
    let cases: [Case<'_>; 5] = [
        ("lc339", &one, &[(300, "1"), (2490, "9")], 2600, Some("one")),
        ("lc341", &exit, &[(300, "5"), (900, "9")], 1000, None),
        ("lc342", &pattern, &[(300, "123"), (2490, "9999")], 2600, Some("ext123")),
        // Nothing at all: two greetings, two timeouts, the sound of the end.
        ("timeouts", &exit, &[], 2400, None),
        ("failures", &exit, &[(100, "55")], 400, None),
    ];
    let (rig, _folder) = rig("");
    for (id, menus, keys, took, got) in cases {
        let session = rig.null().await;
        press(&session, keys);
        let start = Instant::now();
        soon(session.ivr(menus, "m1")).await.unwrap();
        assert_eq!(rounded(start), took, "{id}");
        assert_eq!(session.variable("got").as_deref(), got, "{id}");
        assert!(session.ready(), "{id}");
    }
    let session = rig.null().await;
    let missing = session.ivr(&one, "nosuch").await.unwrap_err();
    assert!(matches!(missing, Failure::NotFound(_)), "lc343: {missing}");
}

const IVR: &str = r##"<section name="configuration"><configuration name="ivr.conf"><menus>
  <menu name="main" greet-long="silence_stream://100" exec-on-max-timeouts="set ended=timeout"
        timeout="500" max-timeouts="1" pin="12" bad-pin-file="silence_stream://100">
    <entry action="menu-sub" digits="1" param="sub"/>
    <entry action="menu-sub" digits="3" param="nosuch"/>
    <entry action="menu-exec-app" digits="4" param="transfer 5 XML default"/>
    <entry action="menu-exec-app" digits="#" param="set hash=${uuid}"/>
  </menu>
  <menu name="sub" greet-long="phrase:m1:3" timeout="500" max-timeouts="1"
        confirm-macro="m1" confirm-key="5" exec-on-max-failures="set ended=failures">
    <entry action="menu-back" digits="1"/><entry action="menu-top" digits="2"/>
    <entry action="menu-sub" digits="3" param="sub"/>
    <entry action="menu-play-sound" digits="4" param="silence_stream://300"/>
  </menu></menus></configuration></section>"##;

#[tokio::test(start_paused = true)]
async fn menus_of_the_configuration_lead_to_each_other() {
    let (rig, _folder) = rig(IVR);
    for (keys, ended, hash) in [
        // A wrong pin and the right one, the submenu and back, the key that is no terminator.
        (
            &[(10, "99"), (500, "12"), (900, "1"), (1000, "1"), (1400, "5"), (1900, "#")][..],
            Some("timeout"),
            true,
        ),
        // Two menus deep, and to the top.
        (
            &[(10, "12"), (200, "1"), (400, "3"), (600, "5"), (1000, "2"), (1400, "5")][..],
            Some("timeout"),
            false,
        ),
        // Not confirmed; then nothing more ends all menus.
        (&[(10, "12"), (200, "1"), (400, "1"), (600, "1")][..], None, false),
        (&[(10, "12"), (200, "3")][..], Some("timeout"), false),
        (&[(10, "33"), (300, "33"), (600, "33")][..], None, false),
    ] {
        let session = rig.null().await;
        press(&session, keys);
        let (done, _) = timed(&session, "ivr", "main").await;
        assert_eq!(done, Ok(()), "{keys:?}");
        assert_eq!(session.variable("ended").as_deref(), ended, "{keys:?}");
        assert_eq!(session.variable("hash").is_some(), hash, "{keys:?}");
    }
    let session = rig.null().await;
    press(&session, &[(10, "12"), (200, "4")]);
    let (done, _) = timed(&session, "ivr", "main").await;
    assert!(matches!(done, Err(Failure::Hangup(_))), "it was transferred: {done:?}");
    let missing = session_of(&rig).await.execute("ivr", "other").await.unwrap_err();
    assert!(missing.to_string().contains("no menu other"), "{missing}");
}

async fn session_of(rig: &Rig) -> Session {
    rig.null().await
}

#[tokio::test(start_paused = true)]
async fn a_prompt_may_be_a_phrase() {
    let (rig, _folder) = rig("");
    let session = rig.null().await;
    press(&session, &[(900, "7")]);
    let (done, took) =
        timed(&session, "play_and_get_digits", "1 1 1 1000 # phrase:m1:3 '' got \\d+").await;
    assert_eq!((done, took), (Ok(()), 900));
    assert_eq!(session.variable("got").as_deref(), Some("7"));
    // A relative sound is below the variable sound_prefix.
    let prefix = rig.switch.configuration().root.children_named("section").nth(1).unwrap().clone();
    let prefix = prefix.child("language").unwrap().attribute("sound-prefix").unwrap().to_owned();
    session.set_variable("sound_prefix", Some(&prefix)).unwrap();
    let play = Play { path: "digits/2.wav".into(), offset: 0, input: false };
    let start = Instant::now();
    assert_eq!(session.perform(Operation::Play(play)).await, Ok(Outcome::Done));
    assert_eq!(rounded(start), 200);
}

/// An engine that hears the words of its grammar, one after each second of sound.
struct Parrot;

impl Recogniser for Parrot {
    fn start<'r>(&'r self, grammar: &'r Grammar) -> BoxFuture<'r, Result<Recognition, String>> {
        let words: Vec<String> = grammar.text.split(' ').skip(2).map(str::to_owned).collect();
        let (sound, mut ear) = mpsc::channel::<Vec<i16>>(20);
        let (told, heard) = mpsc::channel(20);
        tokio::spawn(async move {
            for word in words {
                let mut samples = 0;
                while samples < 8000 {
                    let Some(piece) = ear.recv().await else { return };
                    samples += piece.len();
                }
                let said = if word == "!" { Err("it broke".to_owned()) } else { Ok(word) };
                if told.send(said).await.is_err() {
                    return;
                }
            }
            // Then it hears nothing any more.
            while ear.recv().await.is_some() {}
        });
        Box::pin(async { Ok(Recognition { sound, heard }) })
    }
}

fn listener() -> (Rig, TempDir) {
    let (rig, folder) = rig("");
    rig.switch.speech().add_recogniser("parrot", Arc::new(Parrot));
    (rig, folder)
}

fn detect(grammar: &str) -> Operation {
    Operation::Detect(Detect {
        file: "silence_stream://500".into(),
        engine: "parrot".into(),
        grammar: grammar.into(),
        input: false,
    })
}

#[tokio::test(start_paused = true)]
async fn what_is_said_after_a_prompt_is_in_a_variable() {
    let (rig, _folder) = listener();
    let session = rig.null().await;
    let start = Instant::now();
    assert_eq!(session.perform(detect("inline:#JSGF V1.0; yes")).await, Ok(Outcome::Done));
    // A null call sends nothing; silence is made of that, a little late.
    assert!((1000..1400).contains(&rounded(start)), "{}", rounded(start));
    let result = session.variable(SPEECH_RESULT).unwrap();
    assert!(result.contains("<input mode=\"speech\">yes</input>"), "{result}");
    // Nothing is heard: the timer begins after the prompt.
    let start = Instant::now();
    let silent = "{no-input-timeout=700}inline:#JSGF V1.0;";
    assert_eq!(session.perform(detect(silent)).await, Ok(Outcome::Done));
    assert!((1200..1500).contains(&rounded(start)), "{}", rounded(start));
    assert!(session.variable(SPEECH_RESULT).unwrap().contains("<noinput/>"));
    let broken = session.perform(detect("inline:#JSGF V1.0; !")).await;
    assert_eq!(broken, Ok(Outcome::Failed("it broke".into())));
    assert_eq!(session.variable(SPEECH_RESULT), None, "what was heard before is gone");
    let data = "silence_stream://100 detect:parrot inline:#JSGF V1.0; no";
    session.execute("play_and_detect_speech", data).await.unwrap();
    assert!(session.variable(SPEECH_RESULT).unwrap().contains(">no<"));
}

#[tokio::test(start_paused = true)]
async fn detection_goes_on_beside_the_call() {
    let (rig, _folder) = listener();
    let session = rig.null().await;
    let mut events = rig.listen(&[EventName::DetectedSpeech]);
    session.execute("detect_speech", "parrot words 'inline:#JSGF V1.0; one two'").await.unwrap();
    for word in ["one", "two"] {
        let event = next(&mut events).await;
        assert_eq!(event.header("Speech-Type").as_deref(), Some("detected-speech"));
        assert!(event.body().unwrap().contains(&format!(">{word}<")), "{:?}", event.body());
        assert_eq!(event.header("Unique-ID").as_deref(), Some(&**session.uuid()));
    }
    // A script that reads messages is told as well.
    let play = Play { path: "silence_stream://-1".into(), offset: 0, input: true };
    let mut running = session.start(Operation::Play(play)).await.unwrap();
    for _ in 0..2 {
        let event = soon(running.next_event()).await;
        assert!(matches!(event, OperationEvent::Message(_)), "{event:?}");
    }
    session.detect_speech(&["pause"]).await.unwrap();
    session.detect_speech(&["grammar", "other", "inline:#JSGF V1.0; three"]).await.unwrap();
    assert!(next(&mut events).await.body().unwrap().contains(">three<"));
    session.detect_speech(&["stop"]).await.unwrap();
    session.detect_speech(&["resume"]).await.unwrap();
    sleep(Duration::from_secs(60)).await;
    assert!(events.try_next().is_none(), "nobody listens any more");
    for (words, why) in [
        (&[""][..], "no words"),
        (&["dance"], "grammarsalloff"),
        (&["nosuch", "a", "b"], "no engine \"nosuch\""),
        (&["parrot", "a", "b"], "b.gram"),
    ] {
        let failed = session.detect_speech(words).await.unwrap_err().to_string();
        assert!(failed.contains(why), "{words:?}: {failed}");
    }
}

async fn next(events: &mut Subscription) -> Arc<Event> {
    soon(events.next()).await.event
}
