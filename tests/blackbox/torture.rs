use std::net::{TcpStream, UdpSocket};
use std::time::Duration;
use std::{fs, io::Read, io::Write};

use ringfence_tests::message::Message;
use ringfence_tests::{Caller, Server};

const HEADERS: &str = "Via: SIP/2.0/UDP 127.0.0.1:5;rport;branch=z9hG4bKNUMBER\r\n\
    Max-Forwards: 70\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: NUMBER\r\n";

/// Sends one request; the status that comes back, or none.
fn answer(port: u16, number: usize, request: &str) -> Option<u16> {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    let request = request.replace("NUMBER", &number.to_string());
    socket.send_to(request.as_bytes(), ("127.0.0.1", port)).unwrap();
    let mut buffer = [0; 65_536];
    let length = socket.recv(&mut buffer).ok()?;
    Message::read(&buffer[..length])?.status()
}

#[test]
fn faulty_requests_get_the_status_that_rfc_3261_asks_for() {
    let mut server = Server::shipped();
    let request = |line: &str, headers: &str, end: &str| format!("{line}\r\n{headers}{end}\r\n");
    let invite = "CSeq: 1 INVITE\r\nContact: <sip:a@127.0.0.1:5>\r\nContent-Length: 0\r\n";
    let without = |name: &str| {
        let lines: Vec<_> =
            HEADERS.split_inclusive("\r\n").filter(|line| !line.starts_with(name)).collect();
        lines.concat()
    };
    let cases = [
        (
            "a version of the future",
            request("OPTIONS sip:x@y SIP/7.0", HEADERS, "CSeq: 1 OPTIONS\r\n"),
            505,
        ),
        (
            "another CSeq method",
            request("OPTIONS sip:x@y SIP/2.0", HEADERS, "CSeq: 1 INVITE\r\n"),
            400,
        ),
        (
            "a CSeq that is too large",
            request("OPTIONS sip:x@y SIP/2.0", HEADERS, "CSeq: 36893488147419103232 OPTIONS\r\n"),
            400,
        ),
        ("no To", request("INVITE sip:5000@y SIP/2.0", &without("To"), invite), 400),
        ("no Call-ID", request("INVITE sip:5000@y SIP/2.0", &without("Call-ID"), invite), 400),
        (
            "an unknown scheme",
            request("OPTIONS nobodyknows:x SIP/2.0", HEADERS, "CSeq: 1 OPTIONS\r\n"),
            416,
        ),
        ("an unknown method", request("DANCE sip:x@y SIP/2.0", HEADERS, "CSeq: 1 DANCE\r\n"), 0),
        (
            "an extension that is required",
            request(
                "INVITE sip:5000@y SIP/2.0",
                HEADERS,
                &format!("Require: nothingSupportsThis\r\n{invite}"),
            ),
            420,
        ),
        (
            "a negative length",
            request(
                "OPTIONS sip:x@y SIP/2.0",
                HEADERS,
                "CSeq: 1 OPTIONS\r\nContent-Length: -999\r\n",
            ),
            400,
        ),
        (
            "a length beyond the datagram",
            request(
                "OPTIONS sip:x@y SIP/2.0",
                HEADERS,
                "CSeq: 1 OPTIONS\r\nContent-Length: 9999\r\n",
            ),
            400,
        ),
    ];
    for (number, (name, request, status)) in cases.iter().enumerate() {
        let answered = answer(server.port(), number, request);
        if *status == 0 {
            assert!(matches!(answered, Some(405 | 501)), "{name}: {answered:?}");
        } else {
            assert_eq!(answered, Some(*status), "{name}");
        }
    }
    server.assert_serves();
}

#[test]
fn noise_is_not_answered() {
    let mut server = Server::shipped();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    for datagram in [
        &b""[..],
        b"\0",
        b"\r\n\r\n",
        b"SIP/2.0 200 OK\r\n\r\n",
        b"ACK sip:x@y SIP/2.0\r\nCSeq: 1 ACK\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        &[0xff; 1400],
        &[b'\r'; 60_000],
        &[b'A'; 60_000],
    ] {
        socket.send_to(datagram, ("127.0.0.1", server.port())).unwrap();
    }
    let mut buffer = [0; 65_536];
    if let Ok(length) = socket.recv(&mut buffer) {
        panic!("answered: {}", String::from_utf8_lossy(&buffer[..length]));
    }
    server.assert_serves();
}

#[test]
fn mutated_calls_do_not_disturb_a_running_one() {
    let mut server = Server::shipped();
    let mut running = Caller::new(server.port());
    running.invite("9196");
    running.answered();

    let mut seeds = vec![
        format!("INVITE sip:9196@127.0.0.1 SIP/2.0\r\n{HEADERS}CSeq: 1 INVITE\r\nContact: <sip:a@127.0.0.1:5>\r\n\
            Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{}", running.offer.len(), running.offer).into_bytes(),
        format!("BYE sip:x@y SIP/2.0\r\n{HEADERS}CSeq: 2 BYE\r\n\r\n").into_bytes(),
        format!("CANCEL sip:x@y SIP/2.0\r\n{HEADERS}CSeq: 1 CANCEL\r\n\r\n").into_bytes(),
    ];
    // What others collected, where it is there (RFC 4475).
    let corpus = ringfence_tests::binary::repository().join("tests/corpus/sip");
    if let Ok(files) = fs::read_dir(corpus) {
        seeds.extend(files.flatten().filter_map(|file| fs::read(file.path()).ok()));
    }
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    // A plain generator with a fixed seed: every run sends the same.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    };
    for number in 0..3000 {
        let mut datagram = seeds[random(seeds.len())].clone();
        for _ in 0..=random(6) {
            let at = random(datagram.len());
            match random(4) {
                0 => datagram[at] = random(256) as u8,
                1 => datagram.truncate(at),
                2 => datagram.insert(at, b"\r\n:;<>\"%,@\0 "[random(12)]),
                _ => {
                    let copy = datagram[at..(at + random(80)).min(datagram.len())].to_vec();
                    datagram.splice(at..at, copy);
                }
            }
            if datagram.is_empty() {
                break;
            }
        }
        datagram.truncate(60_000);
        socket.send_to(&datagram, ("127.0.0.1", server.port())).unwrap();
        if number % 50 == 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    running.say(&[0x55; 3200]);
    assert!(running.hears(5).contains(&0x55));
    assert_eq!(running.bye().status(), Some(200));
    server.assert_serves();
}

#[test]
fn tcp_streams_that_are_cut_slow_or_noise() {
    let mut server = Server::shipped();
    let connect = || TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    let request = format!(
        "OPTIONS sip:127.0.0.1 SIP/2.0\r\n{}CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
        HEADERS.replace("UDP", "TCP").replace("NUMBER", "tcp")
    );

    let mut cut = connect();
    cut.write_all(&request.as_bytes()[..40]).unwrap();
    drop(cut);
    let mut noise = connect();
    let _ = noise.write_all(&[b'A'; 200_000]);

    // Octet by octet, with the keep-alive of RFC 5626 in front, and a second request in one write.
    let mut slow = connect();
    slow.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    slow.write_all(b"\r\n\r\n").unwrap();
    for octet in request.as_bytes() {
        slow.write_all(&[*octet]).unwrap();
    }
    let mut heard = String::new();
    let mut buffer = [0; 4096];
    while !heard.contains("SIP/2.0 200") {
        let length = slow.read(&mut buffer).expect("an answer");
        assert!(length > 0, "closed after {heard:?}");
        heard += &String::from_utf8_lossy(&buffer[..length]);
    }
    server.assert_serves();
}
