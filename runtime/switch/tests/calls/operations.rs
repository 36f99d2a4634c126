//! Operations on a session, with the timing that was recorded from FreeSWITCH (tests/corpus/lua.jsonl;
//! the ids are its cases). Keys are pressed with `uuid_recv_dtmf`, as there.

use std::time::Duration;

use ringfence_switch::{
    Cause, Control, Digits, Failure, Operation, OperationEvent, Outcome, Play, Prompt, Record,
    Session, Sleep,
};
use tokio::time::{Instant, sleep};

use crate::rig::{Rig, cause, soon};

/// Presses keys at these times.
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

fn digits(max: u32, timeout: u32, digit_timeout: u32, total_timeout: u32) -> Operation {
    Operation::Digits(Digits {
        max,
        terminators: "#".into(),
        timeout,
        digit_timeout,
        total_timeout,
    })
}

fn play(path: &str, input: bool) -> Operation {
    Operation::Play(Play { path: path.into(), offset: 0, input })
}

/// What an operation collects and how long it takes, to 100 ms.
async fn collect(session: &Session, operation: Operation) -> (String, u64) {
    let start = Instant::now();
    let outcome = soon(session.perform(operation)).await.unwrap();
    let Outcome::Digits(digits) = outcome else { panic!("{outcome:?}") };
    (digits, rounded(start))
}

fn rounded(start: Instant) -> u64 {
    (u64::try_from(start.elapsed().as_millis()).unwrap() + 50) / 100 * 100
}

#[tokio::test(start_paused = true)]
async fn digits_end_as_recorded() {
    type Case = (&'static str, Operation, &'static [(u64, &'static str)], &'static str, u64);
    let cases: Vec<Case> = vec![
        ("lc098", digits(4, 3000, 0, 800), &[(300, "1")], "1", 800),
        ("lc101", digits(2, 3000, 0, 0), &[(300, "12")], "12", 300),
        ("lc104", digits(5, 3000, 500, 0), &[(300, "1"), (700, "2"), (1100, "3")], "123", 1600),
        ("lc105", digits(5, 3000, 500, 1000), &[(300, "1"), (700, "2"), (1100, "3")], "12", 1000),
        ("terminator", digits(5, 3000, 0, 0), &[(300, "12#")], "12", 300),
        ("nothing", digits(1, 500, 0, 0), &[], "", 500),
    ];
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    for (id, operation, keys, expected, took) in cases {
        session.flush_digits();
        press(&session, keys);
        assert_eq!(collect(&session, operation).await, (expected.to_owned(), took), "{id}");
        sleep(Duration::from_secs(2)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn stale_digits_count_and_the_rest_stays() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    press(&session, &[(0, "1234")]);
    sleep(Duration::from_millis(100)).await;
    assert_eq!(collect(&session, digits(2, 3000, 0, 0)).await, ("12".into(), 0));
    assert_eq!(collect(&session, digits(2, 300, 0, 0)).await, ("34".into(), 0));
    press(&session, &[(0, "77")]);
    sleep(Duration::from_millis(100)).await;
    session.flush_digits();
    assert_eq!(collect(&session, digits(4, 500, 0, 0)).await, (String::new(), 500));
}

#[tokio::test(start_paused = true)]
async fn digits_faster_than_reads_are_bounded() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    for _ in 0..1000 {
        session.receive_dtmf(ringfence_switch::Dtmf::new('5').unwrap());
    }
    assert_eq!(session.pending_digits(), ringfence_switch::channel::MAX_PENDING_DIGITS);
    let (got, _) = collect(&session, digits(128, 100, 0, 0)).await;
    assert_eq!(got.len(), 128);
    assert!(session.ready());
    let too_many = session.start(digits(129, 100, 0, 0)).await;
    assert!(matches!(too_many, Err(Failure::Invalid(_))), "{too_many:?}");
}

struct Prompted {
    id: &'static str,
    prompt: Prompt,
    keys: &'static [(u64, &'static str)],
    /// Digits, milliseconds, and the variables gv, gv_invalid, read_terminator_used, read_result.
    expected: (&'static str, u64, [Option<&'static str>; 4]),
}

fn prompt(min: u32, max: u32, tries: u32, timeout: u32, file: &str, pattern: &str) -> Prompt {
    Prompt {
        min,
        max,
        tries,
        timeout,
        terminators: "#".into(),
        file: file.into(),
        invalid_file: "silence_stream://300".into(),
        pattern: pattern.into(),
        variable: "gv".into(),
        ..Prompt::default()
    }
}

fn quiet(prompt: Prompt) -> Prompt {
    Prompt { invalid_file: String::new(), ..prompt }
}

/// `session:read`: one try, and what came is answered even when it is too short.
fn read(prompt: Prompt) -> Prompt {
    Prompt { partial: true, ..quiet(prompt) }
}

#[tokio::test(start_paused = true)]
async fn prompts_end_as_recorded() {
    const TONE: &str = "tone_stream://%(5000,0,440)";
    const SHORT: &str = "silence_stream://200";
    let cases = [
        Prompted {
            id: "lc109",
            prompt: prompt(1, 4, 1, 2000, TONE, r"\d+"),
            keys: &[(500, "12#")],
            expected: ("12", 500, [Some("12"), None, Some("#"), Some("success")]),
        },
        Prompted {
            id: "lc111",
            prompt: prompt(1, 4, 1, 1000, SHORT, r"\d+"),
            keys: &[],
            expected: ("", 1500, [None, None, None, Some("failure")]),
        },
        Prompted {
            id: "lc113",
            prompt: prompt(1, 4, 3, 500, SHORT, r"\d+"),
            keys: &[],
            expected: ("", 3000, [None, None, None, Some("failure")]),
        },
        Prompted {
            id: "lc114",
            prompt: prompt(4, 4, 1, 1000, SHORT, r"\d+"),
            keys: &[(500, "12#")],
            expected: ("", 800, [Some("12"), None, Some("#"), Some("failure")]),
        },
        Prompted {
            id: "lc115",
            prompt: prompt(4, 4, 2, 1000, SHORT, r"\d+"),
            keys: &[(500, "12#"), (1500, "1234")],
            expected: ("1234", 1500, [Some("1234"), None, Some("#"), Some("success")]),
        },
        Prompted {
            id: "lc121",
            prompt: Prompt {
                terminators: "none".into(),
                ..quiet(prompt(1, 4, 1, 2000, SHORT, r"[\d#*]+"))
            },
            keys: &[(500, "1#*")],
            expected: ("1#*", 2500, [Some("1#*"), None, None, Some("timeout")]),
        },
        Prompted {
            id: "lc123",
            prompt: quiet(prompt(0, 4, 1, 2000, SHORT, ".*")),
            keys: &[(500, "#")],
            expected: ("", 500, [None, None, Some("#"), Some("success")]),
        },
        Prompted {
            id: "lc126",
            prompt: quiet(prompt(1, 2, 1, 2000, TONE, r"\d+")),
            keys: &[(200, "5"), (900, "6")],
            expected: ("56", 900, [Some("56"), None, None, Some("success")]),
        },
        Prompted {
            id: "lc129",
            prompt: quiet(prompt(1, 4, 1, 2000, SHORT, "(")),
            keys: &[(500, "12#")],
            expected: ("", 500, [None, Some("12"), Some("#"), Some("success")]),
        },
        Prompted {
            id: "lc130",
            prompt: quiet(prompt(1, 4, 1, 2000, SHORT, "")),
            keys: &[(500, "12#")],
            expected: ("12", 500, [Some("12"), None, Some("#"), Some("success")]),
        },
        Prompted {
            id: "lc135",
            prompt: Prompt { partial: true, ..quiet(prompt(4, 4, 1, 1000, SHORT, "")) },
            keys: &[(500, "12#")],
            expected: ("12", 500, [Some("12"), None, Some("#"), Some("failure")]),
        },
        Prompted {
            id: "lc137",
            prompt: read(prompt(1, 2, 1, 2000, TONE, "")),
            keys: &[(500, "12")],
            expected: ("12", 500, [Some("12"), None, None, Some("success")]),
        },
        Prompted {
            id: "lc138",
            prompt: read(prompt(1, 4, 1, 2000, TONE, "")),
            keys: &[(500, "#")],
            expected: ("", 500, [None, None, Some("#"), Some("failure")]),
        },
    ];
    for case in cases {
        let rig = Rig::new(&[]);
        let session = rig.null().await;
        press(&session, case.keys);
        let (digits, took) = collect(&session, Operation::Prompt(case.prompt)).await;
        let variables = ["gv", "gv_invalid", "read_terminator_used", "read_result"]
            .map(|name| session.variable(name));
        let expected = case.expected.2.map(|value| value.map(str::to_owned));
        assert_eq!(
            (digits.as_str(), took, variables),
            (case.expected.0, case.expected.1, expected),
            "{}",
            case.id
        );
    }
}

/// lc128: keys from before stop the prompt at once, and the wait for more begins.
#[tokio::test(start_paused = true)]
async fn a_prompt_counts_stale_digits() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    press(&session, &[(0, "88")]);
    sleep(Duration::from_millis(500)).await;
    let prompt = quiet(prompt(1, 4, 1, 2000, "silence_stream://200", r"\d+"));
    assert_eq!(collect(&session, Operation::Prompt(prompt)).await, ("88".into(), 2000));
    assert_eq!(session.variable("read_result").as_deref(), Some("timeout"));
}

#[tokio::test(start_paused = true)]
async fn failed_input_transfers() {
    let rig = Rig::new(&[("operator", "set here=yes\npark")]);
    let session = rig.null().await;
    let prompt = Prompt {
        failure_extension: "operator XML default".into(),
        ..quiet(prompt(1, 1, 1, 300, "", r"[12]"))
    };
    press(&session, &[(100, "9")]);
    assert_eq!(collect(&session, Operation::Prompt(prompt)).await.0, "");
    crate::rig::until(|| session.variable("here").is_some()).await;
}

#[tokio::test(start_paused = true)]
async fn playback_reports_keys_and_is_controlled() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    let start = Instant::now();
    let mut running = session.start(play("tone_stream://%(10000,0,440)", true)).await.unwrap();
    press(&session, &[(2000, "1")]);
    let event = soon(running.next_event()).await;
    assert!(matches!(event, OperationEvent::Dtmf(key) if key.digit == '1'), "{event:?}");
    assert_eq!(rounded(start), 2000);
    running.control(Control::Stop).unwrap();
    let event = soon(running.next_event()).await;
    assert!(matches!(event, OperationEvent::Finished(Outcome::Stopped)), "{event:?}");
    assert_eq!(rounded(start), 2000);
    assert!(matches!(running.control(Control::Stop), Err(Failure::Failed(_))));
    // It says the same again.
    assert!(matches!(running.next_event().await, OperationEvent::Finished(Outcome::Stopped)));
}

/// lc207: without input the keys stay.
#[tokio::test(start_paused = true)]
async fn playback_without_input_leaves_keys() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    press(&session, &[(400, "9")]);
    let start = Instant::now();
    let outcome = session.perform(play("tone_stream://%(1500,0,440)", false)).await.unwrap();
    assert_eq!((outcome, rounded(start)), (Outcome::Done, 1500));
    assert_eq!(collect(&session, digits(1, 300, 0, 0)).await, ("9".into(), 0));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_played_is_said() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    let missing = session.start(play("/nosuch/file.wav", false)).await;
    assert!(
        matches!(&missing, Err(Failure::NotFound(why)) if why.contains("/nosuch/file.wav")),
        "{missing:?}"
    );
    let scheme = session.start(play("nosuch://x", false)).await;
    assert!(matches!(scheme, Err(Failure::Invalid(_))), "{scheme:?}");
    assert!(session.ready());
    session.execute("playback", "/nosuch/file.wav").await.unwrap_err();
    let response = session.variable("current_application_response");
    assert_eq!(response.as_deref(), Some("FILE NOT FOUND"));
}

/// lc200: a break ends what runs, and the call goes on.
#[tokio::test(start_paused = true)]
async fn a_break_ends_the_operation_only() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    for operation in [
        Operation::Sleep(Sleep { ms: 3000, input: false }),
        play("tone_stream://%(10000,0,440)", false),
        digits(1, 5000, 0, 0),
    ] {
        let start = Instant::now();
        let mut running = session.start(operation).await.unwrap();
        let (event, answer) = tokio::join!(running.next_event(), async {
            sleep(Duration::from_millis(700)).await;
            rig.api(&format!("uuid_break {}", session.uuid())).await
        });
        assert_eq!(answer, "+OK\n");
        assert!(matches!(event, OperationEvent::Finished(Outcome::Stopped)), "{event:?}");
        assert_eq!(rounded(start), 700);
    }
    assert!(session.ready());
}

#[tokio::test(start_paused = true)]
async fn starting_another_operation_ends_the_first() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    let mut first =
        session.start(Operation::Sleep(Sleep { ms: 60_000, input: true })).await.unwrap();
    let second = session.start(Operation::Sleep(Sleep { ms: 100, input: false })).await.unwrap();
    let event = soon(first.next_event()).await;
    assert!(matches!(event, OperationEvent::Finished(Outcome::Stopped)), "{event:?}");
    drop(second);
}

#[tokio::test(start_paused = true)]
async fn a_broadcast_plays_over_and_what_played_goes_on() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    let start = Instant::now();
    let mut running = session.start(play("tone_stream://%(2000,0,440)", false)).await.unwrap();
    let (event, answer) = tokio::join!(running.next_event(), async {
        sleep(Duration::from_millis(500)).await;
        let uuid = session.uuid();
        rig.api(&format!("uuid_broadcast {uuid} tone_stream://%(1000,0,880) aleg")).await
    });
    assert_eq!(answer, "+OK Message sent\n");
    assert!(matches!(event, OperationEvent::Finished(Outcome::Done)), "{event:?}");
    assert_eq!(rounded(start), 3000);
}

#[tokio::test(start_paused = true)]
async fn a_broadcast_can_run_any_application() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    rig.api(&format!("uuid_broadcast {} set::told=yes", session.uuid())).await;
    crate::rig::until(|| session.variable("told").is_some()).await;
    rig.api(&format!("uuid_broadcast {} hangup::USER_BUSY", session.uuid())).await;
    assert_eq!(cause(&session).await.name(), "USER_BUSY");
}

#[tokio::test(start_paused = true)]
async fn a_recording_ends_at_its_limit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/r.wav").to_string_lossy().into_owned();
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    let record = Record { path: path.clone(), limit: 2, ..Record::default() };
    let outcome = soon(session.perform(Operation::Record(record))).await.unwrap();
    assert_eq!(outcome, Outcome::Done);
    assert_eq!(session.variable("record_seconds").as_deref(), Some("2"));
    assert!(std::fs::metadata(&path).unwrap().len() >= 32_000);
    let record = Record { path: "/proc/nosuch/r.wav".into(), ..Record::default() };
    let outcome = soon(session.perform(Operation::Record(record))).await.unwrap();
    assert!(
        matches!(&outcome, Outcome::Failed(why) if why.contains("/proc/nosuch")),
        "{outcome:?}"
    );
    assert!(session.ready());
}

#[tokio::test(start_paused = true)]
async fn what_was_just_recorded_is_what_is_played() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.wav").to_string_lossy().into_owned();
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    for length in [300, 600] {
        let record = Record { path: path.clone(), ..Record::default() };
        let mut running = session.start(Operation::Record(record)).await.unwrap();
        sleep(Duration::from_millis(length)).await;
        running.control(Control::Stop).unwrap();
        let event = running.next_event().await;
        assert!(matches!(event, OperationEvent::Finished(Outcome::Stopped)), "{event:?}");
        let start = Instant::now();
        session.execute("playback", &path).await.unwrap();
        assert_eq!(rounded(start), length);
    }
}

#[tokio::test(start_paused = true)]
async fn playback_ends_at_its_terminator() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    session.set_variable("playback_terminators", Some("5")).unwrap();
    press(&session, &[(400, "1"), (800, "5")]);
    let start = Instant::now();
    session.execute("playback", "tone_stream://%(10000,0,440)").await.unwrap();
    assert_eq!(rounded(start), 800);
    assert_eq!(session.variable("playback_terminator_used").as_deref(), Some("5"));
    assert_eq!(session.variable("current_application_response").as_deref(), Some("FILE PLAYED"));
}

#[tokio::test(start_paused = true)]
async fn an_hour_of_sleep_is_an_hour() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    let start = Instant::now();
    session.execute("sleep", "3600000").await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 3600);
    session.execute("sleep", "-5").await.unwrap();
    session.execute("sleep", "x").await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 3600);
}

/// A script's number cannot reach the end of the clock.
#[tokio::test(start_paused = true)]
async fn the_longest_sleep_can_be_stopped() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    let sleep = Operation::Sleep(Sleep { ms: u64::MAX, input: false });
    let mut running = session.start(sleep).await.unwrap();
    running.control(Control::Stop).unwrap();
    let event = running.next_event().await;
    assert!(matches!(event, OperationEvent::Finished(Outcome::Stopped)), "{event:?}");
}

#[tokio::test(start_paused = true)]
async fn silence_is_waited_for() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    let start = Instant::now();
    session.execute("wait_for_silence", "200 25 0 5000").await.unwrap();
    assert_eq!(rounded(start), 500);
    // Nothing is heard first, so that only the timeout ends it; the file begins anew meanwhile.
    let start = Instant::now();
    let data = "200 25 1 5000 silence_stream://1000";
    session.execute("wait_for_silence", data).await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 5);
    let wrong = session.execute("wait_for_silence", "200 25").await;
    assert!(matches!(wrong, Err(Failure::Invalid(_))), "{wrong:?}");
    let nothing = session.execute("wait_for_silence", "200 25 1 5000 nosuch.wav").await;
    assert!(nothing.is_err());
    // For ever is until the call is over.
    let (waited, ()) = tokio::join!(session.execute("wait_for_silence", "200 25 1 0"), async {
        sleep(Duration::from_secs(3600)).await;
        session.hangup(Cause::USER_BUSY);
    });
    assert!(matches!(waited, Err(Failure::Hangup(Cause::USER_BUSY))), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn many_variables_are_set_at_once() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    session.execute("multiset", "a=1 b=2").await.unwrap();
    session.execute("multiset", "^^:c=3 4:d=5").await.unwrap();
    let values = ["a", "b", "c", "d"].map(|name| session.variable(name).unwrap_or_default());
    assert_eq!(values, ["1", "2", "3 4", "5"]);
    session.execute("unset", "a").await.unwrap();
    assert_eq!(session.variable("a"), None);
}

#[tokio::test(start_paused = true)]
async fn no_script_fills_the_memory_with_variables() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    let large = "x".repeat(64 << 10);
    let refused =
        (0..100).find_map(|at| session.set_variable(&format!("v{at}"), Some(&large)).err());
    assert!(refused.unwrap().to_string().contains("1048576 bytes"));
    let failed = session.execute("set", &format!("more={large}")).await;
    assert!(matches!(failed, Err(Failure::Invalid(_))), "{failed:?}");
    let globals = rig.switch.variables();
    assert!((0..100).any(|at| globals.set(&format!("v{at}"), Some(&large)).is_err()));
    // What the server says of the call is said all the same.
    session.hangup(Cause::USER_BUSY);
    assert_eq!(session.variable("hangup_cause").as_deref(), Some("USER_BUSY"));
}
