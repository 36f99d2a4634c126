//! Mail, to a mailer and to a small SMTP server of our own.

use std::sync::{Arc, Mutex};

use ringfence_outside::Outside;
use ringfence_outside::mail::{Fault, Message, Route};
use ringfence_rim::Clock;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

fn message() -> Message {
    Message {
        to: "a@example.com,b@example.com".to_owned(),
        from: "f@example.com".to_owned(),
        headers: "Subject: hello\n".to_owned(),
        body: "one\n.\ntwo".to_owned(),
        attachment: None,
    }
}

#[tokio::test]
async fn a_mailer_gets_arguments_and_the_message() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mail").display().to_string();
    let app = format!("sh -c 'echo \"$@\" > {file}; cat >> {file}' mailer");
    let outside = Outside::new(&Clock::System);
    let route = Route::Mailer { app, arguments: "-t".to_owned() };
    message().send(&outside, &route, "test").await.unwrap();
    assert_eq!(
        std::fs::read_to_string(file).unwrap(),
        "-f f@example.com -t a@example.com,b@example.com\nSubject: hello\n\n\none\n.\ntwo"
    );
    let route = Route::Mailer { app: "false".to_owned(), arguments: String::new() };
    let refused = message().send(&outside, &route, "test").await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the mailer false ended with status 1; mailer-app and mailer-app-args, or smtp-url, of \
         autoload_configs/switch.conf.xml say who takes mail"
    );
}

#[tokio::test]
async fn an_smtp_server_gets_envelope_and_message() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&heard);
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let (reader, mut writer) = stream.into_split();
        let mut lines = BufReader::new(reader).lines();
        writer.write_all(b"220 here\r\n").await.unwrap();
        let mut data = false;
        while let Ok(Some(line)) = lines.next_line().await {
            let answer = match (data, line.as_str()) {
                (true, ".") => {
                    data = false;
                    "250 taken\r\n"
                }
                (true, _) => "",
                (false, "DATA") => {
                    data = true;
                    "354 go on\r\n"
                }
                (false, line) if line.starts_with("RCPT TO:<no") => "550 nobody\r\n",
                (false, _) => "250 well\r\n",
            };
            kept.lock().unwrap().push(line);
            writer.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let outside = Outside::new(&Clock::System);
    let route = Route::Smtp(format!("smtp://127.0.0.1:{port}"));
    message().send(&outside, &route, "test").await.unwrap();
    let heard = heard.lock().unwrap().join("\n");
    for wanted in [
        "MAIL FROM:<f@example.com>",
        "RCPT TO:<a@example.com>\nRCPT TO:<b@example.com>",
        "To: a@example.com,b@example.com",
        "\nSubject: hello\n",
        "\none\n..\ntwo\n",
    ] {
        assert!(heard.contains(wanted), "{wanted} in {heard}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_told() {
    let outside = Outside::new(&Clock::System);
    let route = Route::Smtp("http://example.com".to_owned());
    let fault = message().send(&outside, &route, "test").await.unwrap_err();
    assert!(matches!(fault, Fault::Route(_)), "{fault}");
    let nobody = Message { to: String::new(), ..message() };
    let fault = nobody.send(&outside, &route, "test").await.unwrap_err();
    assert_eq!(fault.to_string(), "No to address specified");
}
