//! Applications and commands that scripts elsewhere use and that are not here, and why.
//!
//! They are answered as FreeSWITCH answers without their module: an application ends the call with
//! `DESTINATION_OUT_OF_ORDER`, a command says `INVALID COMMAND!`. The log adds the reason, and
//! docs/compatibility.md lists them.

/// What one module, or one power that is missing, would bring.
#[derive(Clone, Copy, Debug)]
pub struct Absent {
    /// The applications.
    pub applications: &'static [&'static str],
    /// The commands.
    pub commands: &'static [&'static str],
    /// Why they are not there, to be read after "is not there: ".
    pub why: &'static str,
}

/// All that scripts were seen to use.
pub const ABSENT: &[Absent] = &[
    Absent {
        applications: &[
            "conference",
            "conference_set_auto_outcall",
            "three_way",
            "eavesdrop",
            "page",
        ],
        commands: &["conference"],
        why: "nothing mixes the audio of several calls yet",
    },
    Absent {
        applications: &["voicemail"],
        commands: &["vm_boxcount"],
        why: "there is no voicemail yet",
    },
    Absent {
        applications: &["fifo", "callcenter", "valet_park"],
        commands: &["fifo", "fifo_member", "callcenter_config", "valet_info"],
        why: "there are no queues of calls yet",
    },
    Absent {
        applications: &["group"],
        commands: &["group"],
        why: "groups are those of the directory (`group_call`), there are none in a database",
    },
    Absent {
        applications: &["att_xfer"],
        commands: &[],
        why: "a transfer with consultation comes with REFER",
    },
    Absent {
        applications: &["presence", "pickup"],
        commands: &["presence", "sofia_presence_data", "verto_contact"],
        why: "there are no registrations and no presence yet",
    },
    Absent {
        applications: &[
            "start_dtmf",
            "stop_dtmf",
            "spandsp_start_dtmf",
            "tone_detect",
            "start_tone_detect",
        ],
        commands: &["tone_detect"],
        why: "keys are heard as telephone-event and INFO only, and no other tones",
    },
    Absent {
        applications: &["rxfax", "txfax", "spandsp_send_tdd", "spandsp_detect_tdd", "fax_detect"],
        commands: &[],
        why: "there is no fax and no text telephone",
    },
    Absent {
        applications: &["delay_echo", "soft_hold", "jitterbuffer", "set_audio_level"],
        commands: &["uuid_jitterbuffer", "uuid_audio"],
        why: "audio is neither delayed nor amplified on its way through a call",
    },
    Absent {
        applications: &["send_display"],
        commands: &["uuid_media", "uuid_media_reneg", "uuid_chat", "uuid_redirect"],
        why: "the phone is not asked for it yet",
    },
    Absent {
        applications: &["rtp_stream", "external_rtp", "unicast", "stream"],
        commands: &["uuid_audio_fork", "memcache", "cidlookup", "dir"],
        why: "it belongs to a module that is native code, or no part of FreeSWITCH",
    },
];

/// Why an application is not there; none for one that is not known either.
pub(crate) fn why(application: &str) -> Option<&'static str> {
    let has = |absent: &&Absent| {
        absent.applications.iter().any(|name| name.eq_ignore_ascii_case(application))
    };
    ABSENT.iter().find(has).map(|absent| absent.why)
}
