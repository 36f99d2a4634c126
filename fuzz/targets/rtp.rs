//! Packets to an open stream on a network in memory: RTP, events, RTCP and noise. The input is cut
//! into packets by a length octet in front of each; the first bit of it says RTP or RTCP port.
#![no_main]

use std::time::Duration;

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use ringfence_media::sdp::{self, Capabilities};
use ringfence_media::{Config, Media, SilenceOptions};
use ringfence_rim::Network;

fuzz_target!(|data: &[u8]| {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(hear(data));
});

async fn hear(data: &[u8]) {
    let network = Network::new();
    let media = Media::simulated(Config::default(), network.clone()).expect("media in memory");
    let (stream, mut events) = media.open(([10, 0, 0, 1]).into()).expect("a stream");
    let phone = network.bind(([10, 0, 0, 9], 4000).into()).expect("a free address");
    let offer = b"v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\n\
        m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n";
    let (_, agreement) = sdp::answer(offer, &Capabilities::default(), stream.local())
        .expect("an offer that can be used");
    stream.connect(&agreement);
    stream.echo(true);
    // Somebody has to listen, or nothing goes through the jitter buffer.
    let silence = SilenceOptions { threshold: 1, hits: u32::MAX, listen_hits: 0 };
    let _listening = stream.listen_for_silence(silence);

    let rtp = stream.local();
    let mut rtcp = rtp;
    rtcp.set_port(rtp.port() + 1);
    let mut rest = data;
    while let Some((length, after)) = rest.split_first() {
        let end = usize::from(length & 0x7f).min(after.len());
        let to = if length & 0x80 == 0 { rtp } else { rtcp };
        phone.send_to(Bytes::copy_from_slice(&after[..end]), to);
        tokio::time::sleep(Duration::from_millis(7)).await;
        while events.try_recv().is_ok() {}
        rest = &after[end..];
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    stream.close();
}
