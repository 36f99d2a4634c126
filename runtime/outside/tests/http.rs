//! HTTP, against a small server of our own that speaks bytes.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ringfence_outside::Outside;
use ringfence_outside::http::{Client, Fault, MayReach, Request, Response};
use ringfence_rim::Clock;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A server that answers each request with what `answer` says of it; remembers the requests.
struct Server {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn new(answer: fn(&str, SocketAddr) -> String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let kept = Arc::clone(&kept);
                tokio::spawn(async move {
                    while let Some(request) = request(&mut stream).await {
                        let answer = answer(&request, address);
                        kept.lock().unwrap().push(request);
                        if stream.write_all(answer.as_bytes()).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { address, heard }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

/// One request with its body.
async fn request(stream: &mut tokio::net::TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).to_string();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                name.eq_ignore_ascii_case("content-length").then(|| value.parse().unwrap())
            });
            if body.len() >= length.unwrap_or(0) {
                return Some(text);
            }
        }
        match stream.read(&mut piece).await {
            Ok(read @ 1..) => bytes.extend_from_slice(&piece[..read]),
            _ => return None,
        }
    }
}

fn get(url: String) -> Request {
    Request {
        method: "GET".to_owned(),
        url,
        headers: Vec::new(),
        body: Vec::new(),
        timeout: Duration::from_secs(60),
        redirections: 5,
        most: 1 << 20,
    }
}

fn anywhere() -> MayReach {
    Arc::new(|_, _| Ok(()))
}

async fn fetch(request: Request) -> Result<Response, Fault> {
    Client::fetch(&Outside::new(&Clock::System), request, anywhere()).await
}

fn ok(body: &str) -> String {
    format!(
        "HTTP/1.1 200 Fine\r\nX-One: 1\r\nX-One: 2\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn an_answer_comes_whole() {
    let server = Server::new(|_, _| ok("hello")).await;
    let answer = fetch(get(server.url("/a?b=c#d"))).await.unwrap();
    assert_eq!((answer.version, answer.status), ("HTTP/1.1", 200));
    assert_eq!((answer.reason, answer.body), (b"Fine".to_vec(), b"hello".to_vec()));
    let one: Vec<_> = answer.headers.iter().filter(|(name, _)| name == "x-one").collect();
    assert_eq!(one.len(), 2);
    let heard = server.heard();
    assert!(heard[0].starts_with("GET /a?b=c HTTP/1.1\r\n"), "{heard:?}");
    assert!(heard[0].contains(&format!("host: {}\r\n", server.address)), "{heard:?}");
}

#[tokio::test]
async fn a_body_is_sent_with_its_length() {
    let server = Server::new(|_, _| ok("")).await;
    let mut post = get(server.url("/"));
    post.method = "POST".to_owned();
    post.body = b"a=1".to_vec();
    post.headers = vec![("Content-Length".to_owned(), b"99".to_vec())];
    fetch(post).await.unwrap();
    let heard = server.heard();
    assert!(
        heard[0].contains("content-length: 3\r\n") && heard[0].ends_with("\r\n\r\na=1"),
        "{heard:?}"
    );
}

fn redirecting(request: &str, me: SocketAddr) -> String {
    let location = |status, to: String| {
        format!("HTTP/1.1 {status} X\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n")
    };
    let path = request.split(' ').nth(1).unwrap();
    match path {
        "/303" => location(303, "there".to_owned()),
        "/307" => location(307, "/there".to_owned()),
        "/elsewhere" => location(302, format!("http://localhost:{}/there", me.port())),
        "/loop" => location(301, "/loop".to_owned()),
        "/file" => location(301, "file:///etc/passwd".to_owned()),
        _ => ok("there"),
    }
}

#[tokio::test]
async fn redirections_are_followed_as_often_as_wanted() {
    let server = Server::new(redirecting).await;
    let mut post = get(server.url("/303"));
    post.method = "POST".to_owned();
    post.body = b"data".to_vec();
    let answer = fetch(post.clone()).await.unwrap();
    assert_eq!((answer.status, answer.url), (200, server.url("/there")));
    post.url = server.url("/307");
    fetch(post).await.unwrap();
    let heard = server.heard();
    assert!(heard[1].starts_with("GET /there ") && heard[1].ends_with("\r\n\r\n"), "{heard:?}");
    assert!(heard[3].starts_with("POST /there ") && heard[3].ends_with("data"), "{heard:?}");

    let answer = fetch(get(server.url("/loop"))).await.unwrap();
    assert_eq!((answer.status, server.heard().len()), (301, 4 + 6));
    assert!(matches!(fetch(get(server.url("/file"))).await, Err(Fault::Invalid(_))));
}

#[tokio::test]
async fn each_server_on_the_way_is_asked_about() {
    let server = Server::new(redirecting).await;
    let here: MayReach = Arc::new(|host, port| match host {
        "127.0.0.1" => Ok(()),
        host => Err(format!("not {host}:{port}")),
    });
    let outside = Outside::new(&Clock::System);
    let mut request = get(server.url("/elsewhere"));
    request.headers = vec![("Authorization".to_owned(), b"secret".to_vec())];
    let refused = Client::fetch(&outside, request.clone(), here).await.unwrap_err();
    assert_eq!(refused.to_string(), format!("not localhost:{}", server.address.port()));
    assert_eq!(server.heard().len(), 1);
    // Where it may go, secrets of the first server do not.
    Client::fetch(&outside, request, anywhere()).await.unwrap();
    let heard = server.heard();
    assert!(heard[1].contains("secret") && !heard[2].contains("secret"), "{heard:?}");
}

#[tokio::test]
async fn bounds() {
    let large = Server::new(|_, _| ok(&"x".repeat(2 << 20))).await;
    assert!(matches!(fetch(get(large.url("/"))).await, Err(Fault::TooMuch { .. })));
    let endless = Server::new(|_, _| {
        let piece = format!("10000\r\n{}\r\n", "x".repeat(0x10000)).repeat(20);
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{piece}")
    });
    let endless = endless.await;
    assert!(matches!(fetch(get(endless.url("/"))).await, Err(Fault::TooMuch { .. })));
    let headers =
        Server::new(|_, _| format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(500))).await;
    assert!(matches!(fetch(get(headers.url("/"))).await, Err(Fault::Failed { .. })));
    let silent =
        Server::new(|_, _| "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab".to_owned()).await;
    let mut request = get(silent.url("/"));
    request.timeout = Duration::from_millis(300);
    let error = fetch(request).await.unwrap_err();
    assert_eq!(error.to_string(), "127.0.0.1: no answer within 300 ms");
}

#[tokio::test]
async fn what_fails_says_why() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = fetch(get(format!("http://{closed}/"))).await.unwrap_err().to_string();
    assert!(error.starts_with("127.0.0.1: ") && error.contains("refused"), "{error}");
    let nonsense = Server::new(|_, _| "SSH-2.0-x\r\n".to_owned()).await;
    assert!(matches!(fetch(get(nonsense.url("/"))).await, Err(Fault::Failed { .. })));
    // No TLS there.
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = plain.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = plain.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        // Until the other side is through with it.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    let error = fetch(get(format!("https://{address}/"))).await.unwrap_err();
    assert!(matches!(error, Fault::Failed { .. }), "{error}");
}
