//! Speaking and recognizing speech.

use crate::{
    bindings::ringfence::call::{
        speech::{self as host, Phrase, Say, Text, Words},
        types::Failure,
    },
    callback::{self, About, Ended},
    class::Bindings,
    level,
    native::{Answer, Reply},
    session::{Call, Getter, Method},
};

/// Where `playAndDetectSpeech` finds what was said.
const RESULT: &str = "detect_speech_result";

pub(super) const METHODS: Bindings<Method> = &[
    ("say", say),
    ("sayPhrase", say_phrase),
    ("speak", speak),
    ("set_tts_params", set_tts_params),
    ("set_tts_parms", |call| {
        level::error(call.lua, "set_tts_parms is deprecated. Use set_tts_params.");
        set_tts_params(call)
    }),
    ("detectSpeech", detect_speech),
    ("playAndDetectSpeech", play_and_detect_speech),
];

pub(super) const FIELDS: Bindings<Getter> = &[
    ("tts_name", |session| Answer::text_or_nil(session.tts.borrow().0.clone())),
    ("voice_name", |session| Answer::text_or_nil(session.tts.borrow().1.clone())),
];

/// What cannot be said is in the log; FreeSWITCH answers nothing, either.
fn say(call: &Call<'_>) -> Reply {
    let text = |index| call.arguments.text_or_empty(index).to_owned();
    let words = Words::Say(Say { text: text(0), module: text(1), kind: text(2), method: text(3) });
    start(call, "say", &words)?;
    Ok(Answer::Nothing)
}

fn say_phrase(call: &Call<'_>) -> Reply {
    let text = |index| call.arguments.text_or_empty(index).to_owned();
    let language = call.arguments.filled(2).map(str::to_owned);
    let words = Words::Phrase(Phrase { name: text(0), data: text(1), language });
    start(call, "sayPhrase", &words)?;
    Ok(Answer::Nothing)
}

/// 1 when it was spoken; 0 when it was not. Without an engine it is 1, too, as in FreeSWITCH.
fn speak(call: &Call<'_>) -> Reply {
    let (engine, voice) = call.session.tts.borrow().clone();
    let Some(engine) = engine.filter(|engine| !engine.is_empty()) else {
        level::error(call.lua, "No TTS engine specified");
        return Ok(Answer::Int(1));
    };
    let text = call.arguments.text_or_empty(0).to_owned();
    let words = Words::Text(Text { engine, voice: voice.unwrap_or_default(), text });
    let ended = start(call, "speak", &words)?;
    Ok(Answer::success(matches!(ended, Ended::Done | Ended::Hangup)))
}

fn start(call: &Call<'_>, what: &str, words: &Words) -> Result<Ended, crate::native::Refusal> {
    callback::drive(call, what, About::File, |handle, input| host::start(handle, words, input))
}

fn set_tts_params(call: &Call<'_>) -> Reply {
    let text = |index| call.arguments.text(index).map(str::to_owned);
    *call.session.tts.borrow_mut() = (text(0), text(1));
    Ok(Answer::Nothing)
}

/// As the application `detect_speech` with these words; what goes wrong is in the log.
fn detect_speech(call: &Call<'_>) -> Reply {
    let words = (0..call.arguments.given()).map_while(|index| call.arguments.text(index));
    let words: Vec<String> = words.map(str::to_owned).collect();
    match call.act(|handle| host::detect(handle, &words))? {
        Ok(()) | Err(Failure::Hangup(_)) => {}
        Err(failure) => level::failed(call.lua, "session:detectSpeech", &failure)?,
    }
    Ok(Answer::Nothing)
}

/// What was said, as XML; nil when nothing could be recognised.
fn play_and_detect_speech(call: &Call<'_>) -> Reply {
    let text = |index| call.arguments.text_or_empty(index);
    let (file, engine, grammar) = (text(0), text(1), text(2));
    let ended = callback::drive(call, "playAndDetectSpeech", About::Waiting, |handle, input| {
        host::start_detection(handle, file, engine, grammar, input)
    })?;
    if !matches!(ended, Ended::Done) {
        return Ok(Answer::Nil);
    }
    Ok(Answer::text_or_nil(call.handle()?.get_variable(RESULT)))
}
