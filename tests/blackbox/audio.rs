use std::thread::sleep;
use std::time::Duration;

use ringfence_tests::{Baresip, Configuration, Server, audio, eventually};

/// How alike what was heard must be to what was played. G.711 alone leaves 0.999; what lacks is
/// room for packets that a busy machine delays.
const ALIKE: f64 = 0.9;

fn play(conf: &Configuration, sound: &[i16]) {
    audio::write(&conf.file("sounds/sweep.wav"), sound);
    conf.extension(
        "7100",
        r#"<action application="answer"/>
           <action application="sleep" data="500"/>
           <action application="playback" data="$${sounds_dir}/sweep.wav"/>
           <action application="sleep" data="500"/>"#,
    );
}

#[test]
fn baresip_hears_what_is_played() {
    let sound = audio::sweep(3.0);
    let server = Server::start(|conf| play(conf, &sound));
    let mut phone = Baresip::start(&audio::tone(440.0, 1.0), "PCMU/8000/1");
    phone.dial(&server.uri("7100"));
    phone.event("CALL_ESTABLISHED");
    phone.event("CALL_CLOSED");
    let likeness = audio::likeness(&sound, &phone.heard());
    assert!(likeness > ALIKE, "{likeness}");
}

#[test]
fn baresip_hears_itself_in_the_echo() {
    let server = Server::shipped();
    let speech = audio::sweep(3.0);
    let mut phone = Baresip::start(&speech, "PCMU/8000/1");
    phone.dial(&server.uri("9196"));
    phone.event("CALL_ESTABLISHED");
    sleep(Duration::from_secs(4));
    phone.hangup();
    phone.event("CALL_CLOSED");
    let likeness = audio::likeness(&speech, &phone.heard());
    assert!(likeness > ALIKE, "{likeness}");
}

#[test]
fn what_baresip_says_is_recorded() {
    let speech = audio::sweep(3.0);
    let server = Server::start(|conf| {
        conf.lua(
            "7101",
            r#"session:answer()
               local file = freeswitch.getGlobalVariable("recordings_dir") .. "/taken.wav"
               session:recordFile(file, 5)
               session:hangup()"#,
        );
    });
    let mut phone = Baresip::start(&speech, "PCMU/8000/1");
    phone.dial(&server.uri("7101"));
    phone.event("CALL_ESTABLISHED");
    phone.event("CALL_CLOSED");
    let recorded = audio::read(&server.file("recordings/taken.wav"));
    let likeness = audio::likeness(&speech, &recorded);
    assert!(likeness > ALIKE, "{likeness}");
}

#[test]
fn the_callers_hangup_closes_a_recording_that_can_be_played() {
    let speech = audio::sweep(3.0);
    let server = Server::start(|conf| {
        conf.extension(
            "7102",
            r#"<action application="answer"/>
               <action application="record" data="$${recordings_dir}/cut.wav 60"/>"#,
        );
    });
    let mut phone = Baresip::start(&speech, "PCMU/8000/1");
    phone.dial(&server.uri("7102"));
    phone.event("CALL_ESTABLISHED");
    sleep(Duration::from_secs(3));
    phone.hangup();
    phone.event("CALL_CLOSED");
    let file = server.file("recordings/cut.wav");
    // The header is right once the file is closed.
    eventually("the recording to be closed", || {
        let seconds = hound::WavReader::open(&file).ok()?.duration() / 8000;
        (seconds >= 2).then_some(())
    });
    let likeness = audio::likeness(&speech[..16_000], &audio::read(&file));
    assert!(likeness > ALIKE, "{likeness}");
}

#[test]
fn a_stereo_file_of_another_rate_is_played() {
    let sound = audio::sweep(2.0);
    let server = Server::start(|conf| {
        play(conf, &sound);
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: 16_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut file = hound::WavWriter::create(conf.file("sounds/sweep.wav"), spec).unwrap();
        // Each sample twice in time, and once in each ear: 8 kHz mono made 16 kHz stereo.
        for pair in sound.windows(2) {
            let middle = ((i32::from(pair[0]) + i32::from(pair[1])) / 2) as i16;
            for sample in [pair[0], pair[0], middle, middle] {
                file.write_sample(sample).unwrap();
            }
        }
        file.finalize().unwrap();
    });
    let call = server.file("heard.wav");
    server.call("7100", ["--record", call.to_str().unwrap()]).assert(0, &[]);
    let likeness = audio::likeness(&sound, &audio::read(&call));
    assert!(likeness > 0.8, "{likeness}");
}

#[test]
fn ringfence_call_plays_and_records() {
    let server = Server::shipped();
    let sound = audio::sweep(2.0);
    let (said, heard) = (server.file("said.wav"), server.file("heard.wav"));
    audio::write(&said, &sound);
    let arguments = [
        "--play",
        said.to_str().unwrap(),
        "--record",
        heard.to_str().unwrap(),
        "--hangup-after",
        "3",
    ];
    server.call("9196", arguments).assert(0, &[]);
    let likeness = audio::likeness(&sound, &audio::read(&heard));
    assert!(likeness > ALIKE, "{likeness}");
}
