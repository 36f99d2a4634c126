//! Speaking and recognizing speech.

use crate::{
    class::{self, Bindings},
    native::{Answer, Reply},
    session::{Call, Getter, Method},
};

pub(super) const METHODS: Bindings<Method> = &[
    ("say", absent),
    ("sayPhrase", absent),
    ("speak", absent),
    ("set_tts_params", absent),
    ("set_tts_parms", absent),
    ("detectSpeech", absent),
    ("playAndDetectSpeech", absent),
];

pub(super) const FIELDS: Bindings<Getter> =
    &[("tts_name", |_| Answer::Nil), ("voice_name", |_| Answer::Nil)];

fn absent(call: &Call<'_>) -> Reply {
    Err(class::not_there(call.arguments.row))
}
