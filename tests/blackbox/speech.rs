use std::path::Path;
use std::process::Command;
use std::time::Duration;

use ringfence_tests::{Caller, Configuration, Server, audio};

/// What a caller hears until it is hung up on, from the first sound on.
fn heard(caller: &Caller) -> Vec<i16> {
    let mut sound = Vec::new();
    while let Some((_, payload)) = caller.hear(Duration::from_secs(3)) {
        sound.extend(audio::linear(&payload));
    }
    let first = sound.iter().position(|sample| sample.unsigned_abs() > 200).unwrap_or(sound.len());
    sound.split_off(first)
}

/// The sounds one after the other, as they were made.
fn sounds(server: &Server, names: &[&str]) -> Vec<i16> {
    let folder = server.file("sounds/en/us/espeak");
    names.iter().flat_map(|name| audio::read(&folder.join(format!("{name}.wav")))).collect()
}

/// A text as a person would say it, between silences: 8 kHz.
fn person(folder: &Path, text: &str) -> Vec<i16> {
    let line = r#"espeak-ng -v en-us -s 140 --stdout -- "$1" |
        sox -V1 -t wav - -r 8000 -c 1 -b 16 "$2" pad 1 2"#;
    let file = folder.join("person.wav");
    let done = Command::new("sh").args(["-c", line, "person", text]).arg(&file).status().unwrap();
    assert!(done.success(), "espeak-ng and sox are needed: ./setup.sh");
    audio::read(&file)
}

#[test]
fn a_number_is_said_with_recorded_words() {
    let server = Server::start(|conf| {
        conf.sounds(&["digits/2\t", "digits/40"]);
        conf.lua(
            "7400",
            r#"session:answer()
               session:sleep(300)
               session:say("42", "en", "number", "pronounced")
               session:hangup()"#,
        );
    });
    let mut caller = Caller::new(server.port());
    caller.invite("7400");
    caller.answered();
    let heard = heard(&caller);
    let likeness = audio::likeness(&sounds(&server, &["digits/40", "digits/2"]), &heard);
    assert!(likeness > 0.9, "{likeness}");
}

#[test]
fn a_key_ends_a_phrase_and_the_script_goes_on() {
    let server = Server::start(|conf| {
        conf.sounds(&[
            "voicemail/vm-you_have\t",
            "voicemail/vm-new",
            "voicemail/vm-message",
            "digits/3\t",
        ]);
        conf.lua(
            "7401",
            r#"function input(session, kind, key)
                   pressed = key.digit
                   return "break"
               end
               session:answer()
               session:setInputCallback("input")
               while session:ready() and not pressed do session:sayPhrase("messages", "3:new") end
               freeswitch.consoleLog("notice", "phrase ended\n")
               session:hangup()"#,
        );
    });
    let mut caller = Caller::new(server.port());
    caller.invite("7401");
    caller.answered();
    assert!(caller.hears(30).iter().any(|octet| *octet != 0xff && *octet != 0x7f), "only silence");
    caller.press('5');
    server.log.wait_for(&["phrase ended"]);
    caller.ended();
}

#[test]
fn a_text_is_spoken_and_kept() {
    let server = Server::start(|conf| {
        let cache = conf.file("cache");
        let parameter = format!(
            "<param name=\"cache-folder\" value=\"{}\"/>\n      <param name=\"engine\" value=\"flite\"/>",
            cache.display()
        );
        conf.replace(
            "autoload_configs/tts_commandline.conf.xml",
            "<param name=\"voice\"",
            &format!("{parameter}\n      <param name=\"voice\""),
        );
        conf.lua(
            "7402",
            r#"session:answer()
               session:set_tts_params("flite", "en-us")
               local one = session:speak("Good morning; $(touch x) 'quoted'")
               local two = session:speak("Good morning; $(touch x) 'quoted'")
               session:set_tts_params("nosuch", "v")
               local three = session:speak("x")
               freeswitch.consoleLog("notice", string.format("spoken: %d %d %d\n", one, two, three))
               session:hangup()"#,
        );
    });
    let mut caller = Caller::new(server.port());
    caller.invite("7402");
    caller.answered();
    let heard = heard(&caller);
    server.log.wait_for(&["spoken: 1 1 0"]);
    server.log.wait_for(&["no engine nosuch that speaks"]);
    let loud = heard.iter().filter(|sample| sample.unsigned_abs() > 1000).count();
    assert!(loud > audio::RATE / 2, "{loud} loud samples");
    let kept: Vec<_> = server.file("cache").read_dir().unwrap().flatten().collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert!(!server.file("x").exists() && !server.file("cache/x").exists());
}

#[test]
fn the_menu_of_the_demo_takes_an_extension() {
    let server = Server::start(|conf| {
        conf.lua(
            "7777",
            r#"freeswitch.consoleLog("notice", "the menu led here\n") session:hangup()"#,
        );
    });
    let mut caller = Caller::new(server.port());
    caller.invite("5002");
    caller.answered();
    caller.hears(10);
    for _ in 0..4 {
        caller.press('7');
    }
    server.log.wait_for(&["the menu led here"]);
    caller.ended();
}

#[test]
fn a_menu_of_a_script_runs_what_it_binds() {
    let server = Server::start(|conf| {
        conf.lua(
            "7403",
            r#"session:answer()
               local silence = "silence_stream://100"
               local main = freeswitch.IVRMenu(nil, "main", "tone_stream://%(200,100,440);loops=50", silence,
                   silence, silence, nil, nil, nil, nil, nil, 3, 2000, 1, 60000, 3, 3)
               local sub = freeswitch.IVRMenu(main, "sub", "tone_stream://%(200,100,880);loops=50", silence,
                   silence, silence, nil, nil, nil, nil, nil, 3, 2000, 1, 60000, 3, 3)
               main:bindAction("menu-sub", "sub", "1")
               sub:bindAction("menu-exec-app", "set chosen=${caller_id_number}-two", "2")
               sub:bindAction("menu-exit", "", "9")
               main:execute(session, "main")
               freeswitch.consoleLog("notice", "chosen: " .. session:getVariable("chosen") .. "\n")
               main:execute(session, "nosuch")
               session:hangup()"#,
        );
    });
    let mut caller = Caller::new(server.port());
    caller.invite("7403");
    caller.answered();
    caller.hears(10);
    for digit in ['1', '2', '9'] {
        caller.press(digit);
    }
    let line = server.log.wait_for(&["chosen: "]);
    assert!(line.contains("-two"), "{line}");
    server.log.wait_for(&["there is no menu nosuch"]);
    caller.ended();
}

/// Asks with pocketsphinx, and says what was heard.
fn asks(conf: &Configuration, number: &str, grammar: &str) {
    let script = format!(
        r#"session:answer()
           local said = session:playAndDetectSpeech("tone_stream://%(300,0,440)", "pocketsphinx", "{grammar}")
           freeswitch.consoleLog("notice", "said: " .. tostring(said):gsub("%s+", " ") .. "\n")
           session:hangup()"#
    );
    conf.lua(number, &script);
}

#[test]
fn speech_is_recognised() {
    let server = Server::start(|conf| asks(conf, "7404", "{no-input-timeout=60000}yesno"));
    let folder = tempfile::tempdir().unwrap();
    let speech = audio::pcmu(&person(folder.path(), "yes"));
    let mut caller = Caller::new(server.port());
    caller.invite("7404");
    caller.answered();
    caller.say(&speech);
    let line = server.log.wait_for(&["said: "]);
    assert!(line.contains("<input mode=\"speech\">yes</input>"), "{line}");
    caller.ended();
}

#[test]
fn silence_is_a_result_and_a_wrong_grammar_an_error() {
    let server = Server::start(|conf| {
        asks(conf, "7405", "{no-input-timeout=200}yesno");
        asks(conf, "7406", "nosuch");
        asks(conf, "7407", "inline:#JSGF V1.0; grammar g; public <a> = xqzzy;");
        asks(conf, "7408", "inline:<grammar/>");
    });
    for (number, said, why) in [
        ("7405", "<noinput/>", None),
        ("7406", "said: nil", Some("nosuch.gram")),
        ("7407", "said: nil", Some("xqzzy")),
        ("7408", "said: nil", Some("does not begin with #JSGF")),
    ] {
        let mut caller = Caller::new(server.port());
        caller.invite(number);
        caller.answered();
        if let Some(why) = why {
            server.log.wait_for(&[why]);
        }
        server.log.wait_for(&[said]);
        caller.ended();
    }
}

#[test]
fn what_is_heard_beside_a_call_comes_as_events() {
    let server = Server::start(|conf| {
        conf.lua(
            "7409",
            r#"function input(session, kind, event)
                   if kind == "event" and event:getHeader("Speech-Type") == "detected-speech" then
                       freeswitch.consoleLog("notice", "heard: " .. event:getBody():gsub("%s+", " ") .. "\n")
                       return "break"
                   end
               end
               session:answer()
               session:setInputCallback("input")
               session:detectSpeech("param", "no-input-timeout", "60000")
               session:detectSpeech("pocketsphinx", "yesno", "yesno")
               session:streamFile("silence_stream://-1")
               session:detectSpeech("stop")
               session:hangup()"#,
        );
    });
    let folder = tempfile::tempdir().unwrap();
    let speech = audio::pcmu(&person(folder.path(), "yes"));
    let mut caller = Caller::new(server.port());
    caller.invite("7409");
    caller.answered();
    caller.say(&speech);
    let line = server.log.wait_for(&["heard: "]);
    assert!(line.contains(">yes<"), "{line}");
    caller.ended();
}

#[test]
fn engines_that_are_not_configured_are_named() {
    let server = Server::start(|conf| {
        for file in ["tts_commandline", "pocketsphinx"] {
            std::fs::remove_file(conf.file(&format!("autoload_configs/{file}.conf.xml"))).unwrap();
        }
        asks(conf, "7410", "yesno");
        conf.extension("7411", r#"<action application="speak" data="flite|kal|hello"/>"#);
    });
    let mut caller = Caller::new(server.port());
    caller.invite("7410");
    caller.answered();
    server.log.wait_for(&["no engine \"pocketsphinx\"", "pocketsphinx.conf.xml"]);
    caller.ended();
    let mut caller = Caller::new(server.port());
    caller.invite("7411");
    server.log.wait_for(&["no engine flite that speaks", "tts_commandline.conf.xml"]);
    caller.final_response();
}
