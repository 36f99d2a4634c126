//! `freeswitch.Session`: a call.

use crate::function::{
    Class, Field, Function,
    Gone::{False, Int as Number, Nil, Nothing, Text as Answer, Works},
    Kind::{ConstText, Event, Flag, Int, Pointer, Session, Text},
    field, may, need, row,
};
use crate::module::PLACED;

/// A call, as scripts hold it.
pub(crate) const SESSION: Class = Class {
    name: "Session",
    c_type: "LUA::Session *",
    constructor: Some(
        row(
            &["Session"],
            "LUA::Session::Session",
            &[may("call", Text, "nil"), may("a_leg", Session, "nil")],
            "freeswitch.Session",
            "Takes hold of the call with this uuid; or, for a dial string (it has a `/`), calls and waits up \
             to 60 s for the answer; or, without arguments, makes an object for `originate`.",
        )
        .forms(
            "new_Session",
            0,
            &[
                "LUA::Session::Session()",
                "LUA::Session::Session(char *,CoreSession *)",
                "LUA::Session::Session(char *)",
                "LUA::Session::Session(switch_core_session_t *)",
            ],
        )
        .permission("originate")
        .waits(),
    ),
    methods: METHODS,
    fields: FIELDS,
    summary: "A call: the global `session` is the one that the script was started for.",
};

/// The base class, which scripts cannot make.
pub(crate) const CORE_SESSION: Class = Class {
    name: "CoreSession",
    c_type: "CoreSession *",
    constructor: None,
    methods: &[],
    fields: &[],
    summary: "The base of `Session` in FreeSWITCH's C++; there are no objects of it.",
};

const FIELDS: &[Field] = &[
    field("uuid", "string", "The uuid of the call."),
    field("cause", "string", "The cause of the object's own call, as `hangupCause` answers."),
    field("allocated", "integer", "1 while the object has a call, else 0."),
    field("flags", "integer", "S_HUP (1) when the call ends with the object, else 0."),
    field("tts_name", "string?", "The engine that `set_tts_params` was given."),
    field("voice_name", "string?", "The voice that `set_tts_params` was given."),
];

const METHODS: &[Function] = &[
    row(&["answer"], "CoreSession::answer", &[], "integer", "Answers the call: 1, or 0 when it is over.")
        .gone(Number(-1))
        .waits(),
    row(
        &["preAnswer"],
        "CoreSession::preAnswer",
        &[],
        "integer",
        "Sends early media (183): 1, or 0 when the call is over.",
    )
    .gone(Number(-1))
    .waits(),
    row(
        &["hangup"],
        "CoreSession::hangup",
        &[may("cause", ConstText, "\"normal_clearing\"")],
        "",
        "Ends the call, with the name or the Q.850 number of a cause; the script goes on.",
    ),
    row(
        &["hangupState"],
        "CoreSession::hangupState",
        &[],
        "",
        "Does what is left of a hangup: nothing is, a hangup is whole when it is done.",
    ),
    row(
        &["hangupCause"],
        "CoreSession::hangupCause",
        &[],
        "string",
        "The cause of this object's own `originate`; `SUCCESS` while that call is up; for the call that \
         the script was started for `NONE`, or in the hangup hook and after a hangup its cause.",
    )
    .gone(Works)
    .differs("FreeSWITCH answers `NONE` for the call of the script after its hangup, too."),
    row(
        &["getState"],
        "CoreSession::getState",
        &[],
        "string",
        "The state of the channel: `CS_EXECUTE`, `CS_HANGUP` and so on.",
    )
    .gone(Answer("ERROR")),
    row(
        &["ready"],
        "LUA::Session::ready",
        &[],
        "boolean",
        "Whether the call is up and this script is what it executes; runs the hangup hook when it is due.",
    )
    .gone(False),
    row(&["answered"], "CoreSession::answered", &[], "boolean", "Whether the call was answered.")
        .gone(False),
    row(
        &["bridged"],
        "CoreSession::bridged",
        &[],
        "boolean",
        "Whether the call is connected to another one.",
    )
    .gone(False),
    row(
        &["mediaReady"],
        "CoreSession::mediaReady",
        &[],
        "boolean",
        "Whether audio flows, early or after the answer.",
    )
    .gone(False),
    row(
        &["setVariable"],
        "CoreSession::setVariable",
        &[need("name", Text), need("value", Text)],
        "",
        "Sets a channel variable; nil and the empty string remove it.",
    ),
    row(
        &["getVariable"],
        "CoreSession::getVariable",
        &[need("name", Text)],
        "string?",
        "The channel variable, else the caller-profile field, else the global variable of that name.",
    )
    .gone(Answer("")),
    row(
        &["setPrivate"],
        "CoreSession::setPrivate",
        &[need("name", Text), need("pointer", Pointer)],
        "",
        "Takes a C pointer, which scripts do not have: there is nothing to keep.",
    ),
    row(&["getPrivate"], "CoreSession::getPrivate", &[need("name", Text)], "nil", "Nil, as `setPrivate`.")
        .gone(Nil),
    row(
        &["execute"],
        "CoreSession::execute",
        &[need("application", ConstText), may("data", ConstText, "nil")],
        "",
        "Runs a dialplan application and waits for its end; what it results in is in channel variables.",
    )
    .permission("application")
    .waits(),
    row(
        &["sleep"],
        "CoreSession::sleep",
        &[need("ms", Int), may("sync", Int, "0")],
        "integer",
        "Lets milliseconds pass and runs the input callback: 1, or 0 when a hangup, the callback or a \
         break ended it.",
    )
    .gone(Number(-1))
    .waits(),
    row(
        &["streamFile"],
        "CoreSession::streamFile",
        &[need("path", Text), may("start_sample", Int, "0")],
        "integer",
        "Plays a file, tones or silence and runs the input callback: 1, or 0 when it could not be played \
         or was ended.",
    )
    .gone(Number(-1))
    .permission("play")
    .waits(),
    row(
        &["recordFile"],
        "CoreSession::recordFile",
        &[
            need("path", Text),
            may("time_limit", Int, "0"),
            may("silence_threshold", Int, "0"),
            may("silence_hits", Int, "0"),
        ],
        "integer",
        "Records what the far end says and runs the input callback; the limit and the silence are in seconds.",
    )
    .gone(Number(-1))
    .permission("record")
    .waits(),
    row(
        &["insertFile"],
        "CoreSession::insertFile",
        &[need("file", ConstText), need("insert_file", ConstText), need("sample_point", Int)],
        "integer",
        "Puts a sound into a recording at a sample (of 8000 Hz), or at its end: 1, or 0 when it could not be \
         done; the recording stays as it is then.",
    )
    .gone(Number(-1))
    .permission("record")
    .waits()
    .differs("The recording must be a `.wav`; it has 8000 Hz and one channel afterwards."),
    row(
        &["playAndGetDigits"],
        "CoreSession::playAndGetDigits",
        &[
            need("min", Int),
            need("max", Int),
            need("tries", Int),
            need("timeout", Int),
            need("terminators", Text),
            need("audio", Text),
            need("bad_audio", Text),
            need("pattern", Text),
            may("variable", ConstText, "nil"),
            may("digit_timeout", Int, "0"),
            may("transfer_on_failure", ConstText, "nil"),
        ],
        "string",
        "Plays a prompt and collects digits that match a pattern, several times if need be; empty when no \
         try did. Does not run the input callback.",
    )
    .gone(Answer(""))
    .permission("play")
    .waits(),
    row(
        &["getDigits"],
        "CoreSession::getDigits",
        &[
            need("max", Int),
            need("terminators", Text),
            need("timeout", Int),
            may("digit_timeout", Int, "0"),
            may("total_timeout", Int, "0"),
        ],
        "string",
        "Collects digits; a terminator ends the input and is not part of it.",
    )
    .forms(
        "CoreSession_getDigits",
        3,
        &[
            "CoreSession::getDigits(int,char *,int)",
            "CoreSession::getDigits(int,char *,int,int)",
            "CoreSession::getDigits(int,char *,int,int,int)",
        ],
    )
    .gone(Answer(""))
    .waits(),
    row(
        &["collectDigits"],
        "CoreSession::collectDigits",
        &[need("digit_or_total_timeout", Int), may("total_timeout", Int, "0")],
        "integer",
        "Gives keys to the input callback until the time (ms) is over; with two numbers also until no key \
         came for the first.",
    )
    .forms(
        "CoreSession_collectDigits",
        1,
        &["CoreSession::collectDigits(int)", "CoreSession::collectDigits(int,int)"],
    )
    .gone(Number(-1))
    .waits(),
    row(
        &["read"],
        "CoreSession::read",
        &[
            need("min", Int),
            need("max", Int),
            need("prompt", ConstText),
            need("timeout", Int),
            need("terminators", ConstText),
            may("digit_timeout", Int, "0"),
        ],
        "string",
        "Plays a prompt and collects digits once; answers also what is shorter than `min`.",
    )
    .gone(Answer(""))
    .permission("play")
    .waits(),
    row(
        &["say"],
        "CoreSession::say",
        &[
            need("text", ConstText),
            need("module", ConstText),
            need("say_type", ConstText),
            need("say_method", ConstText),
            may("say_gender", ConstText, "nil"),
        ],
        "",
        "Speaks a number, a date, a sum … with recorded words, as `say(\"123\", \"en\", \"number\", \
         \"pronounced\")`; runs the input callback.",
    )
    .permission("play")
    .waits(),
    row(
        &["sayPhrase"],
        "CoreSession::sayPhrase",
        &[
            need("macro", ConstText),
            may("data", ConstText, "\"\""),
            may("language", ConstText, "nil"),
        ],
        "",
        "Speaks a phrase macro of the XML configuration and runs the input callback.",
    )
    .permission("play")
    .waits(),
    row(
        &["speak"],
        "CoreSession::speak",
        &[need("text", Text)],
        "integer",
        "Speaks a text with the engine and voice of `set_tts_params`: 1, or 0 when it could not be spoken.",
    )
    .gone(Number(-1))
    .permission("application")
    .waits(),
    row(
        &["set_tts_params"],
        "CoreSession::set_tts_params",
        &[need("engine", Text), need("voice", Text)],
        "",
        "Chooses the engine and voice for `speak`.",
    ),
    row(
        &["set_tts_parms"],
        "CoreSession::set_tts_parms",
        &[need("engine", Text), need("voice", Text)],
        "",
        "The old name of `set_tts_params`.",
    ),
    row(
        &["detectSpeech"],
        "CoreSession::detectSpeech",
        &[
            need("command", Text),
            may("argument1", Text, "nil"),
            may("argument2", Text, "nil"),
            may("argument3", Text, "nil"),
        ],
        "",
        "Starts or steers speech recognition, as the application `detect_speech` does.",
    )
    .permission("application")
    .waits(),
    row(
        &["playAndDetectSpeech"],
        "CoreSession::playAndDetectSpeech",
        &[need("file", Text), need("engine", Text), need("grammar", Text)],
        "string?",
        "Plays a file and answers what was said meanwhile or after it, as XML.",
    )
    .gone(Answer(""))
    .permission("application")
    .waits(),
    row(
        &["transfer"],
        "CoreSession::transfer",
        &[need("extension", Text), may("dialplan", Text, "nil"), may("context", Text, "nil")],
        "integer",
        "Leaves this extension for another one as soon as the script ends; `ready` is false from now on.",
    )
    .gone(Number(0)),
    row(
        &["originate"],
        "LUA::Session::originate",
        &[need("a_leg", Session), need("destination", Text), need("timeout", Int)],
        "integer",
        "Calls a destination for this object and waits for the answer: 0 when there is one, else 1.",
    )
    .gone(Works)
    .permission("originate")
    .waits()
    .differs("An empty destination answers 1; FreeSWITCH logs an error and answers 0, as for success."),
    row(
        &["waitForAnswer"],
        "CoreSession::waitForAnswer",
        &[need("other", Session)],
        "",
        "Waits until the call is answered or over.",
    )
    .waits()
    .differs("Nil waits, too; FreeSWITCH crashes."),
    row(
        &["setInputCallback"],
        "LUA::Session::setInputCallback",
        &[need("function", Text), may("argument", Text, "nil")],
        "",
        "Names the global function that gets keys and events while something plays, records or waits, and \
         the global whose value it gets as its last argument.",
    )
    .forms(
        "Session_setInputCallback",
        1,
        &[
            "LUA::Session::setInputCallback(char *,char *)",
            "LUA::Session::setInputCallback(char *)",
        ],
    ),
    row(
        &["unsetInputCallback"],
        "LUA::Session::unsetInputCallback",
        &[],
        "",
        "Forgets the input callback.",
    ),
    row(
        &["setHangupHook"],
        "LUA::Session::setHangupHook",
        &[need("function", Text), may("argument", Text, "nil")],
        "",
        "Names the global function that runs once when the call is hung up or transferred, at the next \
         `ready` or where something waits.",
    )
    .forms(
        "Session_setHangupHook",
        1,
        &["LUA::Session::setHangupHook(char *,char *)", "LUA::Session::setHangupHook(char *)"],
    ),
    row(
        &["setDTMFCallback"],
        "CoreSession::setDTMFCallback",
        &[need("function", Pointer), need("argument", Text)],
        "",
        "Takes a C function, which scripts do not have; `setInputCallback` is for scripts.",
    ),
    row(
        &["setAutoHangup"],
        "CoreSession::setAutoHangup",
        &[need("hang_up", Flag)],
        "integer",
        "Whether the call ends with the object or the script; for the call of the script it does not, for \
         one that the object made it does.",
    )
    .gone(Number(-1)),
    row(
        &["flushEvents"],
        "CoreSession::flushEvents",
        &[],
        "integer",
        "Forgets the events that were sent to the call and not read.",
    )
    .gone(Number(-1)),
    row(
        &["flushDigits"],
        "CoreSession::flushDigits",
        &[],
        "integer",
        "Forgets the keys that were pressed and not read.",
    )
    .gone(Number(-1)),
    row(
        &["sendEvent"],
        "CoreSession::sendEvent",
        &[need("event", Event)],
        "",
        "Sends a copy of the event to the call: what its `call-command` says is done (`execute` with \
         `execute-app-name` and `execute-app-arg`, `hangup` with `hangup-cause`, `xferext`); any other event \
         reaches the input callback.",
    )
    .permission("application")
    .differs("FreeSWITCH hands it to the endpoint, of which few do anything with it."),
    row(
        &["setEventData"],
        "CoreSession::setEventData",
        &[need("event", Event)],
        "",
        "Adds the headers of the channel and its variables to the event.",
    ),
    row(
        &["getXMLCDR"],
        "CoreSession::getXMLCDR",
        &[],
        "string",
        "The call detail record as XML, as it stands.",
    )
    .gone(Answer("")),
    row(&["get_uuid"], "CoreSession::get_uuid", &[], "string", "The uuid of the call.")
        .gone(Answer("uninitialized")),
    row(
        &["print"],
        "CoreSession::print",
        &[need("text", Text)],
        "integer",
        "Sends text to the far end; 0, because no endpoint here takes text.",
    )
    .gone(Number(-1)),
    row(
        &["consoleLog"],
        "CoreSession::consoleLog",
        &[need("level", Text), need("message", Text)],
        "",
        "Writes a line to the log, with the call in it.",
    ),
    row(
        &["consoleLog2"],
        "CoreSession::consoleLog2",
        PLACED,
        "",
        "Writes a line to the log, with a place that the script names.",
    ),
    row(
        &["destroy"],
        "LUA::Session::destroy",
        &[may("error", ConstText, "nil")],
        "",
        "Lets go of the call; a text is raised as an error, which ends the script.",
    ),
    row(
        &["begin_allow_threads"],
        "LUA::Session::begin_allow_threads",
        &[],
        "boolean",
        "Runs the hangup hook when it is due, as every call that waits does at its start.",
    )
    .gone(False),
    row(
        &["end_allow_threads"],
        "LUA::Session::end_allow_threads",
        &[],
        "boolean",
        "Runs the hangup hook when it is due, as every call that waits does at its end.",
    )
    .gone(False),
    row(
        &["check_hangup_hook"],
        "LUA::Session::check_hangup_hook",
        &[],
        "",
        "Runs the hangup hook when it is due.",
    ),
    row(
        &["process_callback_result"],
        "CoreSession::process_callback_result",
        &[need("result", Text)],
        "nil",
        "Part of FreeSWITCH's own callback: the operation that a result acts on is not known to it here.",
    )
    .gone(Nil)
    .differs("FreeSWITCH answers a status of C, which a script cannot read."),
    row(
        &["run_dtmf_callback"],
        "LUA::Session::run_dtmf_callback",
        &[need("input", Pointer), need("type", Pointer)],
        "nil",
        "Part of FreeSWITCH's own callback: takes C pointers, which scripts do not have.",
    )
    .gone(Nil),
    row(
        &["get_cb_args"],
        "CoreSession::get_cb_args",
        &[],
        "nil",
        "Part of FreeSWITCH's own callback: its arguments in C, which scripts cannot read.",
    )
    .gone(Nil)
    .differs("FreeSWITCH answers a C pointer."),
    row(
        &["setLUA"],
        "LUA::Session::setLUA",
        &[need("state", Pointer)],
        "",
        "Part of FreeSWITCH's own start of a script: takes a C pointer, which scripts do not have.",
    )
    .gone(Nothing),
];
