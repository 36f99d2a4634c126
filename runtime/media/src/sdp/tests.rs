use proptest::prelude::*;

use super::*;

const LOCAL: &str = "192.0.2.1:20000";

fn local() -> SocketAddr {
    LOCAL.parse().unwrap()
}

/// An offer with these lines after the usual head.
fn described(media: &str) -> Vec<u8> {
    format!(
        "v=0\r\no=- 1 1 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\n{media}"
    )
    .into_bytes()
}

fn agreed(media: &str) -> Agreement {
    answered(media).1
}

fn answered(media: &str) -> (String, Agreement) {
    let (answer, agreement) = answer(&described(media), &Capabilities::default(), local()).unwrap();
    (String::from_utf8(answer.to_vec()).unwrap(), agreement)
}

fn refused(offer: &[u8]) -> Refusal {
    answer(offer, &Capabilities::default(), local()).unwrap_err()
}

#[test]
fn an_offer_of_a_phone_is_answered() {
    let (answer, agreement) = answered(
        "m=audio 4000 RTP/AVP 96 8 0 97\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:8 PCMA/8000\r\n\
         a=rtpmap:0 PCMU/8000\r\na=rtpmap:97 telephone-event/8000\r\na=fmtp:97 0-15\r\na=ptime:20\r\n",
    );
    assert_eq!(
        agreement,
        Agreement {
            remote: Some("198.51.100.1:4000".parse().unwrap()),
            rtcp: None,
            codec: Codec::Pcma,
            payload_type: 8,
            dtmf: Some(97),
            ptime: 20,
            direction: Direction::SendRecv,
            hold: false,
        }
    );
    assert!(answer.contains("\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 20000 RTP/AVP 8 97\r\n"));
    assert!(answer.contains("a=rtpmap:8 PCMA/8000\r\n"));
    assert!(answer.contains("a=rtpmap:97 telephone-event/8000\r\na=fmtp:97 0-16\r\n"));
    assert!(answer.ends_with("a=ptime:20\r\na=sendrecv\r\n"));
    assert_eq!(accept(&Capabilities::default(), answer.as_bytes()).unwrap().codec, Codec::Pcma);
}

#[test]
fn what_we_offer_we_can_answer() {
    for codec in [Codec::Pcmu, Codec::Pcma] {
        let capabilities = Capabilities { codecs: vec![codec], ..Capabilities::default() };
        let offer = offer(&capabilities, "[2001:db8::1]:30000".parse().unwrap());
        let (answer, theirs) = answer(&offer, &Capabilities::default(), local()).unwrap();
        assert_eq!(theirs.remote, Some("[2001:db8::1]:30000".parse().unwrap()));
        let ours = accept(&capabilities, &answer).unwrap();
        assert_eq!((ours.codec, ours.payload_type), (codec, codec.payload_type()));
        assert_eq!((ours.remote, ours.dtmf), (Some(local()), Some(101)));
    }
}

#[test]
fn static_types_need_no_map_and_maps_rule() {
    assert_eq!(agreed("m=audio 4000 RTP/AVP 18 0\r\n").codec, Codec::Pcmu);
    let mapped = agreed("m=audio 4000 RTP/AVP 100\r\na=rtpmap:100 pcma/8000/1\r\n");
    assert_eq!((mapped.codec, mapped.payload_type), (Codec::Pcma, 100));
    let wrong = refused(&described("m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 opus/48000/2\r\n"));
    assert!(matches!(wrong, Refusal::NoCommonCodec { .. }));
}

#[test]
fn the_order_that_rules_can_be_chosen() {
    let offer = described("m=audio 4000 RTP/AVP 8 0\r\n");
    let own = Capabilities { preference: Preference::Own, ..Capabilities::default() };
    assert_eq!(answer(&offer, &own, local()).unwrap().1.codec, Codec::Pcmu);
    assert_eq!(agreed("m=audio 4000 RTP/AVP 8 0\r\n").codec, Codec::Pcma);
}

#[test]
fn without_a_common_codec_the_refusal_names_what_was_offered() {
    let refusal = refused(&described(
        "m=audio 4000 RTP/AVP 18 96 101\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n",
    ));
    assert_eq!(refusal.status(), 488);
    let text = refusal.to_string();
    for part in ["G729/8000 (18)", "opus/48000 (96)", "supported PCMU, PCMA"] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn without_audio_it_is_refused() {
    for media in [
        "",
        "m=video 4000 RTP/AVP 31\r\n",
        "m=audio 0 RTP/AVP 0\r\n",
        "m=audio 4000 RTP/SAVP 0\r\n",
        "m=image 4000 udptl t38\r\n",
    ] {
        let refusal = refused(&described(media));
        assert!(matches!(refusal, Refusal::NoAudio(_)), "{media}: {refusal}");
        assert_eq!(refusal.status(), 488);
    }
}

#[test]
fn what_is_not_sdp_is_unreadable() {
    for body in [
        &b""[..],
        b"hello",
        b"\xff\xfe\x00",
        b"m=audio 4000 RTP/AVP 0\r\n",
        b"v=0\r\nm=audio x RTP/AVP 0\r\n",
    ] {
        let refusal = refused(body);
        assert!(matches!(refusal, Refusal::Unreadable(_)), "{body:?}: {refusal}");
        assert_eq!(refusal.status(), 400);
    }
    assert!(matches!(refused(&[b'v'; 70_000]), Refusal::Unreadable(_)));
}

#[test]
fn other_lines_are_refused_with_port_zero_in_their_place() {
    let (answer, agreement) = answered(
        "m=video 5000 RTP/AVP 31 34\r\nm=audio 0 RTP/AVP 0\r\nm=audio 4000 RTP/AVP 0\r\nm=audio 4002 RTP/AVP 0\r\nm=image 5 udptl t38\r\n",
    );
    let lines: Vec<_> = answer.lines().filter(|line| line.starts_with("m=")).collect();
    assert_eq!(
        lines,
        [
            "m=video 0 RTP/AVP 31 34",
            "m=audio 0 RTP/AVP 0",
            "m=audio 20000 RTP/AVP 0",
            "m=audio 0 RTP/AVP 0",
            "m=image 0 udptl t38"
        ]
    );
    assert_eq!(agreement.remote.unwrap().port(), 4000);
}

#[test]
fn hold_is_understood_in_all_its_forms() {
    let audio = "m=audio 4000 RTP/AVP 0\r\n";
    for (lines, direction, hold) in [
        (format!("{audio}a=sendonly\r\n"), Direction::RecvOnly, true),
        (format!("{audio}a=inactive\r\n"), Direction::Inactive, true),
        (format!("{audio}a=recvonly\r\n"), Direction::SendOnly, false),
        (format!("a=sendonly\r\n{audio}"), Direction::RecvOnly, true),
        (format!("a=sendonly\r\n{audio}a=sendrecv\r\n"), Direction::SendRecv, false),
        (format!("{audio}c=IN IP4 0.0.0.0\r\n"), Direction::RecvOnly, true),
        (format!("{audio}c=IN IP6 ::\r\na=inactive\r\n"), Direction::Inactive, true),
    ] {
        let (answer, agreement) = answered(&lines);
        assert_eq!((agreement.direction, agreement.hold), (direction, hold), "{lines}");
        assert!(answer.ends_with(&format!("a={}\r\n", direction.name())), "{lines}");
        let zeros = lines.contains("0.0.0.0") || lines.contains("::");
        assert_eq!(agreement.remote.is_none(), zeros, "{lines}");
    }
}

#[test]
fn packet_lengths_are_taken_from_the_other_side() {
    for (lines, ptime) in [
        ("", 20),
        ("a=ptime:10\r\n", 10),
        ("a=ptime:30\r\n", 30),
        ("a=ptime:60\r\n", 60),
        ("a=ptime:50\r\n", 40),
        ("a=ptime:200\r\n", 60),
        ("a=ptime:5\r\n", 10),
        ("a=ptime:0\r\n", 20),
        ("a=ptime:x\r\n", 20),
        ("a=maxptime:10\r\n", 10),
        ("a=ptime:60\r\na=maxptime:40\r\n", 40),
        ("a=maxptime:150\r\n", 20),
    ] {
        let offer = format!("m=audio 4000 RTP/AVP 0\r\n{lines}");
        assert_eq!(agreed(&offer).ptime, ptime, "{lines}");
    }
}

#[test]
fn addresses_of_every_kind() {
    let at = |line: &str| agreed(&format!("m=audio 4000 RTP/AVP 0\r\n{line}\r\n")).remote;
    assert_eq!(at("c=IN IP4 203.0.113.9/127"), Some("203.0.113.9:4000".parse().unwrap()));
    assert_eq!(at("c=IN IP6 2001:db8::7"), Some("[2001:db8::7]:4000".parse().unwrap()));
    assert_eq!(at("c=IN IP4 phone.example.com"), None, "learned from its packets");
    assert_eq!(at("c=IN IP4 224.0.0.1"), None, "no multicast");
    let rtcp = agreed("m=audio 4000 RTP/AVP 0\r\na=rtcp:53020 IN IP4 126.16.64.4\r\n").rtcp;
    assert_eq!(rtcp, Some("126.16.64.4:53020".parse().unwrap()));
    assert_eq!(agreed("m=audio 4000 RTP/AVP 0\r\na=rtcp:4009\r\n").rtcp.unwrap().port(), 4009);
}

#[test]
fn odd_descriptions_of_real_phones_are_read() {
    for offer in [
        "v=0\nm=audio 4000 RTP/AVP 0\nc=IN IP4 198.51.100.1\n",
        "v=0\r\no=user random-id 99999999999999999999999999 IN IP4 h\r\nm=audio 4000 RTP/AVP 0\r\n",
        "v=0\r\no=- 1 1 IN IP4 0\r\ns=Ren\u{fffd}\r\nm=audio 4000 RTP/AVP 0 \r\na=rtpmap:0  PCMU/8000\r\n\r\n",
        "v=0\r\nm=audio 4000 RTP/AVP 0\r\na=crypto:1 x\r\na=candidate:x\r\nb=AS:64\r\ny=odd\r\n",
        "v=0\r\nm=AUDIO 4000 rtp/avp 0 999 abc\r\n",
    ] {
        let agreement = answer(offer.as_bytes(), &Capabilities::default(), local());
        assert_eq!(agreement.unwrap().1.codec, Codec::Pcmu, "{offer}");
    }
    let mut latin1 = described("m=audio 4000 RTP/AVP 0\r\n");
    latin1.splice(3..3, *b"\r\ni=Ren\xe9");
    assert!(answer(&latin1, &Capabilities::default(), local()).is_ok());
}

#[test]
fn the_version_rises_when_something_changes_and_only_then() {
    let origin = |description: &[u8]| {
        let text = String::from_utf8(description.to_vec()).unwrap();
        let line = text.lines().find(|line| line.starts_with("o=")).unwrap().to_owned();
        let words: Vec<_> = line.split(' ').collect();
        (words[1].to_owned(), words[2].parse::<u64>().unwrap())
    };
    let mut negotiation = Negotiation::new(Capabilities::default(), local());
    let plain = described("m=audio 4000 RTP/AVP 0\r\n");
    let held = described("m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n");
    let (first, _) = negotiation.answer(&plain).unwrap();
    let (same, _) = negotiation.answer(&plain).unwrap();
    let (hold, _) = negotiation.answer(&held).unwrap();
    assert!(negotiation.answer(b"broken").is_err());
    let resume = negotiation.offer(Direction::SendRecv);
    let (id, version) = origin(&first);
    assert_eq!(origin(&same), (id.clone(), version));
    assert_eq!(origin(&hold), (id.clone(), version + 1));
    assert_eq!(origin(&resume), (id, version + 2));
}

#[test]
fn telephone_event_is_left_out_when_it_is_not_wanted() {
    let without = Capabilities { dtmf: None, ..Capabilities::default() };
    let offered = described("m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n");
    assert_eq!(answer(&offered, &without, local()).unwrap().1.dtmf, None);
    assert!(!String::from_utf8(offer(&without, local()).to_vec()).unwrap().contains("event"));
    assert_eq!(agreed("m=audio 4000 RTP/AVP 0\r\n").dtmf, None);
}

proptest! {
    #[test]
    fn reading_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = answer(&bytes, &Capabilities::default(), local());
    }

    #[test]
    fn reading_what_looks_like_sdp_never_panics(
        lines in proptest::collection::vec("[vcmaox]=[ -~]{0,40}", 0..12),
        audio in "m=audio [0-9]{1,6} RTP/AVP [0-9 ]{0,12}",
    ) {
        let text = format!("v=0\r\n{}\r\n{audio}\r\n{}", lines.join("\r\n"), lines.join("\r\n"));
        if let Ok((answer, _)) = answer(text.as_bytes(), &Capabilities::default(), local()) {
            prop_assert!(accept(&Capabilities::default(), &answer).is_ok());
        }
    }
}
